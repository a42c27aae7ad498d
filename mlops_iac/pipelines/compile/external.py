"""What jobs are told of systems of somebody else's: the variables of the vendor's own client.

A secret is no variable of a job: whoever may look at a job would read it. The job is told where it is, and what starts
the script fetches it there (`runs/launcher/mlops_iac_secrets.py`).
"""

from __future__ import annotations

from mlops_iac.core.secret_values import FETCH
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.steps import Step


def variables(step: Step, bindings: Bindings) -> dict[str, str]:
    """Of all systems that a step uses; none where it uses none."""
    systems = [bindings.external[name] for name in getattr(step, "uses", ())]
    found = {name: value for system in systems for name, value in system.variables.items()}
    fetched = sorted((name, place) for system in systems for name, place in system.fetched.items())
    return found | {f"{FETCH}{number}": f"{name}={place}" for number, (name, place) in enumerate(fetched, 1)}
