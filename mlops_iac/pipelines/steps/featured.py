"""Steps that the environment's feature function does: what they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, StringConstraints

from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.step import Folder, KeyOf, Made, Output, Read, Step

SECONDS: Final = 900
"""How long the function may take: Lambda's own limit."""

GroupName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=32)]


class FeaturedStep(Step):
    """A step that is one call of a Lambda function, which takes 15 minutes at most (10 on SageMaker Pipelines)."""

    call: ClassVar[str]
    """What the function is asked for."""
    makes_one: ClassVar[str]
    """Its one output."""
    figures: ClassVar[tuple[str, ...]] = ()
    """The metrics of the evaluation that it makes, which a gate reads. Left out: it makes none."""

    groups: tuple[GroupName, ...] = Field(default=(), max_length=50)
    """The groups of features it is about. Left out: all of the environment."""
    zone: Word = "models"
    """The lake's zone that its output goes to, under the run's id."""
    folder: Folder | None = None
    """Folder of its output in the run's own. Left out: the step's name."""

    @property
    def made(self) -> Output:
        return Output(zone=self.zone, folder=self.folder or self.name)

    def makes(self) -> Mapping[str, Output | Made]:
        return {self.makes_one: self.made}

    def reads(self) -> Iterator[Read]:
        if self.source:
            yield Read("rows", self.source, ("folder", "prefix"))

    @property
    def source(self) -> Source | None:
        """The folder that it reads, where it reads one."""
        return None

    def told(self) -> Mapping[str, Any]:
        """What the function is told, besides what all are."""
        return {}

    @property
    def seconds(self) -> int:
        return SECONDS

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"evaluation": f"{key_of(self.output(self.makes_one))}{EVALUATION}"} if self.figures else {}
