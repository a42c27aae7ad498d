"""What is known of a run's tasks, from the datastore to where Metaflow's client looks for it on this machine.

Without a metadata service each task leaves what it knows beside its artifacts; Metaflow itself brings that to the
person who runs a flow by `run --with batch`, and to nobody when Step Functions ran it. The same call of Metaflow's does
it here, for each task.
"""

from __future__ import annotations

import json
from pathlib import Path

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import RunError
from mlops_iac.runs.runners.metaflow.tools import tools

SCRIPT = Path(__file__).with_name("pulling.py")


def pull(
    environment: Environment, pipeline: Pipeline, clients: Clients, code_uri: str, execution: str, target: Path
) -> int:
    """``target`` is the folder in which Metaflow keeps `.metaflow`. Answers the number of tasks."""
    flow = pipeline.handle.rpartition("_")[2]
    steps = [step.name for step in pipeline.steps]
    with tools(environment, pipeline, clients, code_uri) as metaflow:
        place = {"METAFLOW_DATASTORE_SYSROOT_LOCAL": str(target)}
        arguments = [str(SCRIPT), json.dumps({"flow": flow, "run": f"sfn-{execution}", "steps": steps})]
        told = metaflow.run(arguments, "The run cannot be pulled.", place)
    try:
        return int(told.split()[-1])
    except (IndexError, ValueError):
        raise RunError("The run cannot be pulled.", f"Metaflow answered:\n{told}") from None
