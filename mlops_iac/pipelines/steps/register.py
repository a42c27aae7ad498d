"""A step that puts a trained model into the registry, with where it comes from and how good it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps.step import Bind, KeyOf, Made, Output, Read, Step


class RegisterStep(Step):
    """Its one output, ``package``, is a version in the model package group."""

    kind: ClassVar[str] = "register"

    model: FromStep
    """The trained model."""
    evaluation: FromStep
    """The output that holds ``evaluation.json``; the model package points at the file."""
    gate: FromStep
    """The gate that let the model pass, whose metrics are written on the package; or the approval."""
    registry: Word = "main"
    """By its name in the environment."""
    approval: Literal["Approved", "PendingManualApproval"] = "Approved"
    """What the registry says of the new version."""
    content_types: tuple[str, ...] = ("application/json", "text/csv")
    """What the model's server takes and answers."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"package": "package"}

    def reads(self) -> Iterator[Read]:
        yield Read("model", self.model, ("model",))
        yield Read("evaluation", self.evaluation, ("folder",))
        yield Read("gate", self.gate, ("verdict",))

    def binds(self) -> Iterator[Bind]:
        yield Bind("registry", "registries", self.registry)

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"registry": self.registry}
