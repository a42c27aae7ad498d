"""Steps whose work is a program over folders: what it finds, what it leaves, what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromParameter, Source, TextOrParameter
from mlops_iac.pipelines.steps.step import Job, JobStep, Made, Output, Read

PROCESSING = "/opt/ml/processing"
CODE_PATH = f"{PROCESSING}/input/code"

LocalPath = Annotated[
    str, StringConstraints(pattern=r"^/opt/ml/processing(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$", max_length=256)
]
ArgumentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=64)]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=256)]


class FoldersStep(JobStep):
    """The program finds each input under ``/opt/ml/processing/input/<name>`` and leaves each output under
    ``/opt/ml/processing/output/<name>``, unless ``paths`` says otherwise."""

    job: Job = Field(default_factory=Job)
    """Its machines."""
    inputs: dict[Word, Source]
    """Name to the data that the program finds."""
    outputs: dict[Word, Output] = Field(min_length=1)
    """Name to the folder of the lake that what the program leaves goes to."""
    arguments: dict[ArgumentName, TextOrParameter] = Field(default_factory=dict)
    """Passed to the program as ``--name value``. A parameter must be text or a number."""
    paths: dict[Word, LocalPath] = Field(default_factory=dict)
    """Input or output name to where the program finds or leaves it; a name that is both is the input's. Left out: the
    folders above."""
    environment: dict[VariableName, Annotated[str, StringConstraints(max_length=256)]] = Field(default_factory=dict)
    """Variables of the program, beside the pipeline's own."""
    shared: tuple[Word, ...] = ()
    """Inputs whose objects are shared out among the instances; each instance gets a whole copy of the others."""

    def path(self, kind: Literal["input", "output"], name: str) -> str:
        """Where the program finds an input or leaves an output."""
        usual = f"{PROCESSING}/{kind}/{name}"
        return usual if kind == "output" and name in self.inputs else self.paths.get(name, usual)

    @model_validator(mode="after")
    def _check(self) -> Self:
        known = {*self.inputs, *self.outputs}
        for what, given, allowed in (("paths", self.paths, known), ("shared", self.shared, {*self.inputs})):
            for name in given:
                if name not in allowed:
                    raise ValueError(f"`{what}` names `{name}`, which is none of {', '.join(sorted(allowed))}")
        self._check_places()
        if self.job.instance_count > 1 and not self.shared:
            raise ValueError(
                f"{self.job.instance_count} instances would all do the same work: name in `shared` the inputs that are "
                "shared out, or use one instance"
            )
        return self

    def _check_places(self) -> None:
        """Inputs may lie in one another, as the code does in AWS's samples; an output must have its folder alone."""
        inputs = [CODE_PATH, *(self.path("input", name) for name in self.inputs)]
        outputs = [self.path("output", name) for name in self.outputs]
        if len({*inputs}) < len(inputs):
            raise ValueError("two inputs have the same path; /opt/ml/processing/input/code is taken by the packed code")
        for number, place in enumerate(outputs):
            others = [*inputs, *outputs[:number], *outputs[number + 1 :]]
            if any(f"{other}/".startswith(f"{place}/") or f"{place}/".startswith(f"{other}/") for other in others):
                raise ValueError(f"the output at {place} shares its folder with another input or output")

    def makes(self) -> Mapping[str, Output | Made]:
        return self.outputs

    def reads(self) -> Iterator[Read]:
        for name, source in self.inputs.items():
            yield Read(f"inputs.{name}", source, ("prefix", "folder", "model", "bucket"))
        for name, value in self.arguments.items():
            if isinstance(value, FromParameter):
                yield Read(f"arguments.{name}", value, ("string", "number", "prefix"))
