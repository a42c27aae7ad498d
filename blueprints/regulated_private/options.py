"""What a team may say about a regulated-private environment: realtime-inference's options, and what auditors ask."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from mlops_iac.blueprints.parts.audit_options import AuditOptions
from mlops_iac.blueprints.realtime_inference.options import RealtimeInferenceOptions
from mlops_iac.pipelines.compile import get_target


class RegulatedPrivateOptions(AuditOptions, RealtimeInferenceOptions):
    """Train a model, have a second person approve it, sign it, and keep what auditors ask about."""

    approvals: Literal["two-person", "one-person"] = Field(
        default="two-person",
        description="Who lets a model be registered: somebody else than who started the run, or anybody who may.",
    )

    @model_validator(mode="after")
    def _check_starter(self) -> Self:
        """A second person can be told from the first only where CloudTrail says who started a run."""
        if self.approvals == "two-person" and not get_target(self.orchestrator).TELLS_WHO_STARTS:
            raise ValueError(
                f"CloudTrail does not tell who starts a run on {self.orchestrator}, so nobody could be the second "
                "person: write `approvals: one-person`, or choose another orchestrator"
            )
        return self

    @model_validator(mode="after")
    def _check_promotion(self) -> Self:
        if not self.promotion.approval:
            raise ValueError("a model that is promoted is approved here as any other: leave `promotion.approval` out")
        return self
