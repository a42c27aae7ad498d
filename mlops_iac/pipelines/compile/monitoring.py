"""What a monitor step asks of the environment's function, whichever target calls it."""

from __future__ import annotations

import json

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.describe import key_of_output
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import MonitorStep, Output

WINDOW = "window"
"""The input of the job: all that the function found."""
TRUTH = "truth/"
"""Below the curated zone: what became known of predictions."""


def watcher(step: MonitorStep, pipeline: Pipeline, bindings: Bindings) -> str:
    """The function's ARN. Raises PipelineError where there is none."""
    if bindings.watcher_arn is None:
        raise PipelineError(
            "Nothing looks at what is captured.",
            f"Step `{step.name}` of pipeline `{pipeline.name}` needs the environment's monitoring; there is none.",
            hint="set the option `monitoring`, or leave the step out.",
        )
    return bindings.watcher_arn


def settings(step: MonitorStep, bindings: Bindings) -> str:
    """What the function needs to know, as text: the arguments of a Lambda step of SageMaker Pipelines are flat.

    ``{run}`` stands for a run's id in keys.
    """
    joined = step.quality or step.bias
    found = {
        "bucket": bindings.bucket,
        "endpoint": bindings.endpoints[step.endpoint].name,
        "baselines": {
            kind: key_of_output(Output(zone=step.zone, folder=folder), bindings.zones)
            for kind, folder in step.baselines.items()
        },
        "window": key_of_output(Output(zone=step.zone, folder=WINDOW), bindings.zones),
        "report": key_of_output(step.outputs[step.makes_one], bindings.zones),
        "hours": step.window_hours,
        "truth": f"{bindings.zones['curated']}{TRUTH}" if joined else "",
        "truth_hours": 24 * step.quality_days if joined else 0,
    }
    return json.dumps(found, separators=(",", ":"), sort_keys=True)
