"""What is said of one step, or of one variant of an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.core.prices import hourly
from mlops_iac.runs.advice.sizing import Confidence, Sizing
from mlops_iac.runs.advice.use import Use

OFFERED: Final = {
    "processing": "ProcessingInstanceType",
    "training": "TrainingInstanceType",
    "transform": "TransformInstanceType",
    "endpoint": "ProductionVariantInstanceType",
}
"""Where SageMaker's own model lists the types that there are for each."""

Allowed = Callable[[str], bool]
"""Whether the company allows a type."""


@dataclass(frozen=True, kw_only=True)
class StepAdvice:
    """Of one step, or one variant of an endpoint."""

    where: str
    """``training.train``; an endpoint's name and its variant's."""
    kind: str
    instance_type: str
    instances: int
    jobs: int
    """That were looked at; of an endpoint: hours."""
    use: Use
    sizing: Sizing
    confidence: Confidence
    settings: str = ""
    """Where a stack file says it; empty where nothing tells."""
    saves_a_run: float | None = None
    """US dollars; None for an endpoint, and where nothing is advised. Less than nothing where it costs more."""
    saves_a_month: float | None = None

    def to_json(self) -> dict[str, Any]:
        plain = {key: value for key, value in vars(self).items() if key not in ("use", "sizing")}
        rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in plain.items()}
        return {**rounded, "use": self.use.to_json(), **vars(self.sizing)}


def saved(kind: str, better: str, region: str) -> float | None:
    """An hour of one machine, in US dollars; None where nothing is advised."""
    now, then = hourly(kind, region), hourly(better, region) if better else None
    return now.usual - then.usual if now and then else None


def offered(kind: str) -> Sequence[str]:
    from mlops_iac.core.service_models import get_model

    found: Sequence[str] = get_model("sagemaker").shape_for(OFFERED[kind]).enum
    return found
