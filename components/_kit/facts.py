"""The record of a resource type, for who makes one: without a record, nothing is made."""

from __future__ import annotations

from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.facts import Facts, find_facts, known_types
from mlops_iac.core.suggestions import did_you_mean


def get_facts(token: str) -> Facts:
    """The facts of a type. Raises BlueprintError for a type without a record, by its name."""
    facts = find_facts(token)
    if facts is None:
        raise BlueprintError(
            "A resource type has no record.",
            f"Nothing is known of `{token}`: how it is named and tagged, and what its deletion would lose.",
            hint="give it a record in mlops_iac/core/resource_types.py, or in your own package by the entry point "
            f"group `mlops_iac.facts`. {did_you_mean(token, known_types())}",
        )
    return facts
