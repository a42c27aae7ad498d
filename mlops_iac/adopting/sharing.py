"""What a stack shares with others, as one of the blueprint `network` tells it."""

from __future__ import annotations

from mlops_iac.adopting.looking import SHARING, Asked
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import UsageError


def shared_by(environment: Environment, layer: str) -> Asked:
    """The thing that is adopted for a layer. Raises UsageError where the stack shares none."""
    if environment.blueprint != SHARING:
        raise UsageError(
            "This stack shares nothing.",
            f"{environment.stack} is a stack of {environment.blueprint}: what it made goes when it is destroyed.",
            hint=f"name a stack of the blueprint `{SHARING}`, which exists to be shared.",
        )
    service = environment.services.get(layer)
    if service is None:
        shared = ", ".join(environment.services) or "nothing"
        detail = f"{environment.stack} shares {shared}, and no `{layer}`."
        raise UsageError("This stack shares no such layer.", detail, hint="name one that it shares.")
    client = service.client
    if layer == "encryption":
        return Asked(name=client["KEY_ARN"])
    subnets = tuple(client["SUBNET_IDS"].split(","))
    return Asked(name=client["VPC_ID"], subnets=subnets, security_group=client["SECURITY_GROUP_ID"])
