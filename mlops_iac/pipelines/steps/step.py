"""What all kinds of steps have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple, Self, get_args

from pydantic import Field, StringConstraints, WithJsonSchema, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from mlops_iac.core.errors import Problem
from mlops_iac.pipelines.caching import Cache, MaybeCache
from mlops_iac.pipelines.conditions import USUAL_EVALUATION, When
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import JOB_NAME_LENGTH, StepName, Word
from mlops_iac.pipelines.references import FromStep, Source
from mlops_iac.pipelines.retries import MOST_ATTEMPTS, Retry

Script = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*\.py$", max_length=200)]
"""A Python file inside the team's code folder."""

Folder = Annotated[str, StringConstraints(pattern=r"^([a-z0-9_-]+(/[a-z0-9_-]+)*)?$")]
"""A folder inside a run's own."""


LONGEST_MINUTES: Final = 28 * 24 * 60
"""Of a training job (``StoppingCondition``)."""


class Output(PipelineModel):
    """A folder of a run in one of the lake's zones: ``<zone>/<run>/<folder>/``."""

    zone: Word
    folder: Folder = ""
    """Left out: the run's own folder itself."""
    per: ClassVar[Literal["code", "run"]] = "run"
    """Whose it is: each run has one of its own, or all runs of the same code have it together."""
    always: ClassVar[bool] = False
    """Whether what a job that failed left there is kept as well."""


class Record(Output):
    """What one looks at when a step has failed: it is kept however the job ended."""

    always: ClassVar[bool] = True


class Machines(PipelineModel):
    """The machines a step runs on, where the service chooses their disks."""

    instance_type: str = Field(default="ml.m5.large", pattern=r"^ml\.")
    """SageMaker instance type."""
    instance_count: int = Field(default=1, ge=1, le=100)
    """How many instances share the work."""
    max_minutes: int = Field(default=60, ge=1, le=LONGEST_MINUTES)
    """The job is stopped, and the run fails, after this many minutes."""
    settings: SkipJsonSchema[str] = Field(default="", exclude=True)
    """Where a file says all this, for advice: ``instances.train``. Left out: advice names the step."""

    @property
    def max_seconds(self) -> int:
        return self.max_minutes * 60


class Job(Machines):
    """The machines a step runs on."""

    volume_gib: int = Field(default=30, ge=1, le=16384)
    """Disk of each instance, in GiB."""
    vcpus: int = Field(default=2, ge=1, le=256)
    """What a container on a queue may use; instance types are SageMaker's alone."""
    memory_gib: int = Field(default=4, ge=1, le=4096)
    """What a container on a queue may use, in GiB. It is killed when it takes more."""
    gpus: int = Field(default=0, ge=0, le=16)
    """GPUs of a container on a queue."""


Compute = Literal["sagemaker", "batch"]
"""Where a script runs: in a SageMaker job, or in a container on one of the environment's queues."""

Made = Literal["model", "package", "verdict", "endpoint", "message"]
"""What a step makes that is no folder in the lake."""


class Read(NamedTuple):
    """One thing that a step reads."""

    field: str
    source: Source
    takes: tuple[str, ...]
    """What it may be: parameter types, ``folder``, ``bucket``, or one of `Made`."""


class Bind(NamedTuple):
    """One thing of the environment that a step acts on, by its name there."""

    field: str
    kind: Literal["catalogues", "endpoints", "external", "queues", "registries", "spark", "vector_stores", "warehouses"]
    name: str
    changes: bool = True
    """False: it only reads what is there."""


class Fault(NamedTuple):
    """What is wrong with a file of the team's that a step needs."""

    field: str
    """The step's field that leads to it."""
    detail: str
    hint: str


KeyOf = Callable[[Source], str]
"""Key prefix of the folder that a reference leads to, ending in a slash, with ``{run}`` for the run's id."""


class Step(PipelineModel):
    """One step, which answers for itself: what it binds, reads and makes, how long it may take, what is to be known of
    it. ``kind`` is the word in outputs and in compilers."""

    kind: ClassVar[str]
    compilers: ClassVar[Mapping[str, str]] = {}
    """How a kind that another package brings is compiled: target to ``module:function``, which is called like those in
    the target's own table. Left out: only targets that have the kind in their table take it."""

    short_for: ClassVar[Mapping[str, type[PipelineModel]]] = {}
    """A field that is a list, to what is in it, where the fields of a single one may stand in the step itself."""

    name: StepName
    """By this others refer to it, and a run tells of it."""
    after: tuple[StepName, ...] = ()
    """Steps to wait for besides those whose outputs this one reads."""
    when: tuple[When, ...] = Field(default=(), max_length=20)
    """Conditions on metrics (`metric: auc`, `at_least: 0.9`) or on parameters (`parameter: parameters.mode`, `equals:
    full`). When one does not hold the step is skipped, and with it every step that needs it. Left out: it is done."""

    def makes(self) -> Mapping[str, Output | Made]:
        """Output name to the folder it is, or to what else it is."""
        return {}

    def reads(self) -> Iterator[Read]:
        """Everything this step reads."""
        return iter(())

    def all_reads(self) -> Iterator[Read]:
        """The same, and what its conditions read."""
        yield from self.reads()
        for number, condition in enumerate(self.when):
            for field, source, takes in condition.reads(f"when[{number}]", self.when_evaluation):
                # An evaluation that no condition names is the step's own field, where it has one.
                known = field != "evaluation" or field in type(self).model_fields
                yield Read(field if known else f"when[{number}]", source, takes)

    @property
    def conditional(self) -> bool:
        """Whether it may be skipped by a condition of its own."""
        return bool(self.when)

    @property
    def when_evaluation(self) -> FromStep:
        """Where the metrics are of its conditions that do not say."""
        return USUAL_EVALUATION

    def binds(self) -> Iterator[Bind]:
        """Everything of the environment that this step acts on by name."""
        return iter(())

    def misfits(self, bind: Bind, bound: Any) -> Iterator[Problem]:
        """Why what it is bound to cannot do what it asks for; ``bound`` is one of `pipelines.compile.bindings`."""
        return iter(())

    @property
    def seconds(self) -> int:
        """How long it may take at most; 0 for a step that only calls the cloud."""
        return 0

    def jobs(self) -> Iterator[Machines]:
        """Every kind of SageMaker's machines that it may run on."""
        return iter(())

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        """Names of steps of which only one group is done, as this step decides; they wait for it."""
        return ()

    def images(self) -> Iterator[str]:
        """Every container image that it names itself; ``own:TAG`` is one of the environment's own."""
        return iter(())

    def not_embedded(self) -> Iterator[tuple[str, str]]:
        """Fields that ask for more than one machine without containers has, each with the reason."""
        return iter(())

    def faults(self, folder: Path) -> Iterator[Fault]:
        """What is wrong with the team's files that it needs and that are there; nothing of them is run."""
        return iter(())

    def cautions(self) -> Iterator[str]:
        """What works, and is probably not what was meant; sentences that a preview tells."""
        return iter(())

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        """What readers need to know of it: `mlops_iac.core.environment.Step.facts`."""
        return {}

    def output(self, name: str) -> FromStep:
        """A reference to one of this step's outputs, for another step's input."""
        return FromStep(step=self.name, output=name)

    def scripts(self) -> Mapping[str, str]:
        """Step name to script, for the scripts of the team that this step needs."""
        return {}

    @field_validator("when", check_fields=False)
    @classmethod
    def _check_when(cls, value: tuple[When, ...]) -> tuple[When, ...]:
        if any(getattr(one, "better_than_champion_by", None) is not None for one in value):
            raise ValueError("`better_than_champion_by` is a gate's: ask there")
        return value


class JobStep(Step):
    """A step whose work is a job on machines of its own, or several."""

    repeatable: ClassVar[bool] = True
    """Whether a pipeline's own `cache` is this step's too."""
    longest_name: ClassVar[int] = JOB_NAME_LENGTH
    """Characters that the service takes in the name of such a job."""
    may_use: ClassVar[bool] = True
    """Whether its script may use systems elsewhere."""
    on_nodes: ClassVar[bool] = False
    """Whether several machines of a queue may work on it together."""

    job: Machines
    """Its machines."""
    retry: Retry | None = None
    """When it is tried again. Left out: only what AWS refuses for a moment (throttling, a quota)."""
    timeout_minutes: int | None = Field(default=None, ge=1, le=LONGEST_MINUTES)
    """Each of its jobs is stopped, and the step has timed out, after this many minutes. Left out: `job.max_minutes`."""
    cache: MaybeCache = None
    """`true`: what a run before made of the same code, inputs and parameters is taken over, when that is no older than
    30 days; `{days: 7}` says how old. Left out: it is done anew in every run."""

    @property
    def machines(self) -> Machines:
        """Its machines, with the time that each of its jobs may take."""
        limit = {} if self.timeout_minutes is None else {"max_minutes": self.timeout_minutes}
        return self.job.model_copy(update=limit)

    @property
    def job_seconds(self) -> int:
        """How long one of its jobs may take."""
        return self.machines.max_seconds

    @property
    def seconds(self) -> int:
        return self.job_seconds * self.tries

    @property
    def reusable(self) -> Cache | None:
        """Its cache, where what the step as a whole made may be taken over."""
        return self.cache

    @property
    def tries(self) -> int:
        """How often it is begun at most."""
        return 1 if self.retry is None else 1 + self.retry.attempts

    @property
    def name_limit(self) -> int:
        """Characters that a run may give to the names of its jobs; a number may follow where it is tried again."""
        return self.longest_name - (len(f"-{MOST_ATTEMPTS}") if self.retry else 0)


class ScriptStep(JobStep):
    """A step whose work is one of the team's scripts, on machines of its own."""

    script: Script
    """In the team's code folder."""
    compute: Annotated[Compute, WithJsonSchema({"type": "string", "default": "sagemaker"})] = "sagemaker"
    """Where the script runs: ``sagemaker``, or the name of a queue (``cpu``, ``gpu``, one of your own) for a container
    on it (option `batch.enabled`). ``batch`` is the queue that ``queue`` names."""
    queue: Word = "cpu"
    """With ``compute: batch``: the queue, by its name in the environment."""
    job: Job = Field(default_factory=Job)
    """Its machines."""
    uses: tuple[Word, ...] = Field(default=(), max_length=10)
    """Systems that the script uses, by their names under `external` in the stack file: it starts with the variables
    that the system's own client reads. Left out: it reaches nothing but the environment's data."""

    @model_validator(mode="after")
    def _check_uses(self) -> Self:
        if self.uses and not self.may_use:
            raise ValueError(f"`uses` is not of a {self.kind} step: a step before it may fetch what it needs")
        if self.uses and self.compute != "sagemaker":
            raise ValueError("`uses` is of SageMaker's jobs: leave it out, or use `compute: sagemaker`")
        if self.uses and self.cache:
            raise ValueError("what another system holds changes behind the same inputs: leave out `cache`, or `uses`")
        return self

    @model_validator(mode="before")
    @classmethod
    def _queue_by_name(cls, values: Any) -> Any:
        """``compute: gpu`` is ``compute: batch`` on the queue of that name."""
        name = values.get("compute")
        if not isinstance(name, str) or name in get_args(Compute):
            return values
        if values.get("queue", name) != name:
            raise ValueError(f"`compute: {name}` stands beside `queue: {values['queue']}`: leave one of them out")
        return {**values, "compute": "batch", "queue": name}

    @model_validator(mode="after")
    def _check_machines(self) -> Self:
        if self.compute == "batch" and self.job.instance_count > 1 and not self.on_nodes:
            raise ValueError(
                f"a container on a queue is one machine, not {self.job.instance_count}: use `compute: sagemaker`, or a "
                "`map` over the work"
            )
        return self

    def binds(self) -> Iterator[Bind]:
        if self.compute == "batch":
            yield Bind("queue", "queues", self.queue)
        yield from (Bind("uses", "external", name, changes=False) for name in self.uses)

    def scripts(self) -> Mapping[str, str]:
        return {self.name: self.script}

    def jobs(self) -> Iterator[Machines]:
        """SageMaker's: how large a container may be says its queue."""
        if self.compute == "sagemaker":
            yield self.machines

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        """``job``: the kind of job that it is: SageMaker's word, or ``batch``."""
        job = self.kind if self.compute == "sagemaker" else self.compute
        return {"job": job, "name_limit": self.name_limit, "settings": self.job.settings}
