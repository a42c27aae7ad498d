"""Ask the environment's verifier whether a version of its registry is signed, and unchanged since."""

from __future__ import annotations

import json

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError
from mlops_iac.core.strict_json import read_json
from mlops_iac.runs.calls import calling


def check_signed(environment: Environment, clients: Clients, package: str, registry: str = "main") -> None:
    """Raise RunError with the verifier's words for a version that may not be served. Nothing where models are not
    signed. ``package`` is the version's ARN."""
    if fault := find_fault(environment, clients, package, registry):
        raise RunError(
            "The model's signature does not hold.",
            fault,
            hint=f"nothing was changed. Register a model anew: mlops-iac run {environment.stack} --follow",
        )


def find_fault(environment: Environment, clients: Clients, package: str, registry: str = "main") -> str:
    """Why a version may not be served; empty where it may, and where models are not signed."""
    verifier = environment.registries[registry].verifier
    if verifier is None:
        return ""
    with calling("lambda:Invoke", package):
        answer = clients("lambda").invoke(FunctionName=verifier, Payload=json.dumps({"package": package}).encode())
    told = read_json(answer["Payload"].read() or b"{}")
    return str(told.get("errorMessage") or "the verifier says nothing") if answer.get("FunctionError") else ""
