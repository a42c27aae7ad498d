"""Where runs are logged to: what a team chose, made and tied to its pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_iac.blueprints.parts.flow import Flow
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.told import CALLER
from mlops_iac.components.tracking.mlflow import ARTIFACTS, Mlflow, MlflowArgs
from mlops_iac.components.tracking.tracker import TrackedPipeline, Tracker, TrackerArgs
from mlops_iac.core import environment as env
from mlops_iac.pipelines.describe import describe


def make_tracking(foundation: Foundation, kind: str, flows: Sequence[Flow]) -> env.Service | None:
    """What the environment says of it; None where runs are logged nowhere."""
    if kind == "none":
        return None
    site = foundation.site
    mlflow = _mlflow(foundation) if kind == "mlflow" else None
    tracker = Tracker(
        site.named("tracker"),
        TrackerArgs(
            kind="mlflow" if mlflow else "sagemaker",
            pipelines={
                flow.pipeline.name: TrackedPipeline(ref=flow.ref, evaluations=tuple(_evaluations(foundation, flow)))
                for flow in flows
            },
            lake=foundation.lake.ref,
            app_arn=mlflow.app_arn if mlflow else "",
            key=foundation.key,
            boundary=foundation.boundary,
        ),
    )
    foundation.lake.grant_read(tracker.role, "models")
    foundation.lake.grant_write(tracker.role, "models")
    if mlflow is None:
        return env.Service(endpoint=f"sagemaker-experiments:{site.stack}", credentials=CALLER)
    mlflow.grant_log(tracker.role)
    address: str = mlflow.app_arn
    return env.Service(endpoint=address, credentials=CALLER, client={"MLFLOW_TRACKING_URI": address})


def _mlflow(foundation: Foundation) -> Mlflow:
    made = Mlflow(foundation.site.named("mlflow"), MlflowArgs(lake=foundation.lake.ref, boundary=foundation.boundary))
    foundation.lake.grant_read(made.role, ARTIFACTS)
    foundation.lake.grant_write(made.role, ARTIFACTS)
    return made


def _evaluations(foundation: Foundation, flow: Flow) -> Iterator[str]:
    """Every file that an evaluation or a gate names, once."""
    found: dict[str, None] = {}
    for step in describe(flow.pipeline, foundation.lake.ref.zones)["steps"]:
        for key in (step.facts.get("evaluation"), *(one["evaluation"] for one in step.facts.get("conditions", ()))):
            if key:
                found[key] = None
    yield from found
