"""What a step on features asks of the environment's function, whichever target calls it."""

from __future__ import annotations

import json
from typing import Any, Protocol

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.describe import key_of_output
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.featured import FeaturedStep


class Run(Protocol):
    """A target's context, as this needs it."""

    @property
    def mark(self) -> str: ...

    @property
    def pipeline(self) -> Pipeline: ...

    @property
    def bindings(self) -> Bindings: ...

    def uri(self, source: Source) -> Any: ...


def worker(step: FeaturedStep, run: Run) -> str:
    """The function's ARN. Raises PipelineError where there is none."""
    if run.bindings.features_arn is None:
        raise PipelineError(
            "There are no features.",
            f"Step `{step.name}` of pipeline `{run.pipeline.name}` needs a feature store; the environment has none.",
            hint="use `blueprint: feature-store`, or leave the step out.",
        )
    return run.bindings.features_arn


def event(step: FeaturedStep, run: Run, id: Any) -> dict[str, Any]:
    """What the function is called with. ``id`` is the run's, as the target says it."""
    told: dict[str, Any] = {"call": step.call, f"run{run.mark}": id, "settings": _settings(step, run.bindings)}
    return {**told, f"from{run.mark}": run.uri(step.source)} if step.source else told


def _settings(step: FeaturedStep, bindings: Bindings) -> str:
    """As text: the arguments of a Lambda step of SageMaker Pipelines are flat. ``{run}`` stands for a run's id."""
    catalogue = bindings.catalogues.get("main")
    found = {
        **step.told(),
        "groups": list(step.groups),
        "bucket": bindings.bucket,
        "database": catalogue.database if catalogue else "",
        "workgroup": catalogue.workgroup if catalogue else "",
        "place": key_of_output(step.made, bindings.zones),
    }
    return json.dumps(found, separators=(",", ":"), sort_keys=True)
