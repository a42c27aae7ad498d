"""What an index step asks of the environment's function, whichever target calls it."""

from __future__ import annotations

import json
from typing import Any

from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.requests import Run
from mlops_iac.pipelines.describe import key_of_output
from mlops_iac.pipelines.steps import IndexStep

LEDGER = "vectors/"
"""Below the models' zone: which versions lie in a store."""


def indexer(step: IndexStep, bindings: Bindings) -> str:
    """The function's ARN."""
    return bindings.vector_stores[step.store].indexer_arn


def event(step: IndexStep, run: Run, run_id: Any) -> dict[str, Any]:
    """What the function is told, in the target's own words for what comes from the run."""
    mark = run.mark
    asked = {f"questions{mark}": run.uri(step.questions)} if step.questions else {}
    told = {f"run{mark}": run_id, f"vectors{mark}": run.uri(step.vectors), **asked}
    return {**told, "settings": _settings(step, run.bindings)}


def _settings(step: IndexStep, bindings: Bindings) -> str:
    """As text: the arguments of a Lambda step of SageMaker Pipelines are flat. ``{run}`` stands for a run's id."""
    found = {
        "index": bindings.vector_stores[step.store].index_arn,
        "bucket": bindings.bucket,
        "endpoint": bindings.endpoints[step.endpoint].name,
        "top": step.top,
        "keep": step.keep,
        "ledger": f"{bindings.zones['models']}{LEDGER}{step.store}.json",
        "answers": key_of_output(step.answers, bindings.zones),
    }
    return json.dumps(found, separators=(",", ":"), sort_keys=True)
