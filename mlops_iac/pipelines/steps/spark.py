"""A step that runs one of the team's PySpark scripts on the environment's Spark, for data that one machine does not
hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import Field, StringConstraints, model_validator

from mlops_iac.core.java import REMEDY, lack
from mlops_iac.core.spark import find_size_fault
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromParameter, Source, TextOrParameter
from mlops_iac.pipelines.steps.folders import ArgumentName
from mlops_iac.pipelines.steps.step import Bind, KeyOf, Made, Output, Read, Script, Step

LEAST_MINUTES: Final = 5
"""Of a job run, by EMR Serverless."""
MOST_MINUTES: Final = 7 * 24 * 60
"""Of a batch job run, from release 7.11 on."""
NAME: Final = 256
"""Characters of a job run's name."""
OURS: Final = (
    "spark.archives", "spark.driver.cores", "spark.driver.memory", "spark.dynamicAllocation.maxExecutors",
    "spark.emr-serverless.driverEnv.MLOPS_IAC_RUN", "spark.emr-serverless.driverEnv.MLOPS_IAC_STACK",
    "spark.executor.cores", "spark.executor.instances", "spark.executor.memory", "spark.executorEnv.PYTHONPATH",
)  # fmt: skip
"""Properties that follow from the step."""

Property = Annotated[str, StringConstraints(pattern=r"^spark\.[A-Za-z0-9._-]+$", max_length=128)]
Value = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.,:;/+*=@%~#-]+$", max_length=256)]


class Worker(PipelineModel):
    """How large one worker is: a JVM of Spark's, and the Python beside it."""

    vcpus: int = Field(default=4)
    """1, 2, 4, 8 or 16."""
    memory_gb: int = Field(default=16)
    """For each vCPU 2 to 8 GB, from 8 vCPUs on in steps of 4 or 8. Spark takes a tenth of it for what is not on its
    heap."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if fault := find_size_fault(self.vcpus, self.memory_gb):
            raise ValueError(f"{fault[0].lower()}{fault[1:].removesuffix('.')}")
        return self


class SparkStep(Step):
    """The script is told where its data lies by arguments: ``--<name> URI`` for each input and each output, then its
    own. On AWS they are ``s3://…``, and on the embedded cloud ``file://…``, folders whose content is fetched before it
    and stored after it; `spark.read` and `write` take both. It has PySpark and the team's own modules; what
    requirements.txt names is not there."""

    kind: ClassVar[str] = "spark"

    script: Script
    """In the team's code folder."""
    inputs: dict[Word, Source] = Field(default_factory=dict)
    """Name to the data that the script reads."""
    outputs: dict[Word, Output] = Field(min_length=1)
    """Name to the folder of the lake that the script writes; it is not there yet when the script begins."""
    arguments: dict[ArgumentName, TextOrParameter] = Field(default_factory=dict)
    """Passed to the script as ``--name value`` behind those. A parameter must be text or a number."""
    driver: Worker = Worker(vcpus=2, memory_gb=8)
    """Where the script itself runs."""
    executor: Worker = Worker()
    """Each of those that share the work."""
    executors: int = Field(default=4, ge=1, le=1000)
    """How many of them at most; Spark takes as many as there is work for."""
    conf: dict[Property, Value] = Field(default_factory=dict, max_length=50)
    """Properties of Spark: `spark.sql.shuffle.partitions: "200"`. Those that follow from the step cannot be said."""
    max_minutes: int = Field(default=60, ge=LEAST_MINUTES, le=MOST_MINUTES)
    """The job is stopped, and the run fails, after this many minutes."""
    application: Word = "main"
    """Where it runs, by its name in the environment (option `spark`)."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if taken := sorted({*OURS} & {*self.conf}):
            raise ValueError(f"`{taken[0]}` follows from the step: say `driver`, `executor` or `executors`")
        names = [*self.inputs, *self.outputs, *self.arguments]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"`--{twice}` would stand there twice: give inputs, outputs and arguments other names")
        return self

    def makes(self) -> Mapping[str, Output | Made]:
        return self.outputs

    def reads(self) -> Iterator[Read]:
        for name, source in self.inputs.items():
            yield Read(f"inputs.{name}", source, ("prefix", "folder"))
        for name, value in self.arguments.items():
            if isinstance(value, FromParameter):
                yield Read(f"arguments.{name}", value, ("string", "number"))

    def binds(self) -> Iterator[Bind]:
        yield Bind("application", "spark", self.application)

    @property
    def seconds(self) -> int:
        return self.max_minutes * 60

    def scripts(self) -> Mapping[str, str]:
        return {self.name: self.script}

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"job": self.kind, "name_limit": NAME}

    def not_embedded(self) -> Iterator[tuple[str, str]]:
        if missing := lack():
            yield "script", f"{missing[0].lower()}{missing[1:]} To do: {REMEDY}"
