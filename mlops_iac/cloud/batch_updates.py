"""What AWS Batch changes in place in a compute environment of machines: the service and the handler ask the same."""

from __future__ import annotations

from typing import Final

LINKED_ROLE: Final = "AWSServiceRoleForBatch"
LINKED_PATH: Final = "/aws-service-role/batch.amazonaws.com/"

SCALING: Final = frozenset({"minVcpus", "maxVcpus", "desiredVcpus", "minvCpus", "maxvCpus", "desiredvCpus"})
"""Changes of sizes, which are made always; in Pulumi's spelling and in AWS's."""

STRATEGIES: Final = frozenset({"BEST_FIT_PROGRESSIVE", "SPOT_CAPACITY_OPTIMIZED", "SPOT_PRICE_CAPACITY_OPTIMIZED"})
"""Allocation strategies under which machines are exchanged for others (Batch user guide, "Perform infrastructure
updates")."""


def is_linked_role(role: str | None) -> bool:
    """No role means AWS's service-linked one."""
    return not role or LINKED_PATH in role


def may_change_machines(role: str | None, before: str | None, after: str | None) -> bool:
    """Whether what machines are made of changes in place, under a service role and from one strategy to another."""
    return is_linked_role(role) and before in STRATEGIES and after in STRATEGIES
