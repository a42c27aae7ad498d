"""How an operation is to be carried out, as the Automation API takes it."""

from __future__ import annotations

from typing import Any, Literal

from mlops_iac.core.errors import UsageError
from mlops_iac.engine.options import Options

Verb = Literal["preview", "up", "refresh", "destroy"]

# What the API of each verb has no argument for. Refused by name: an option is never dropped.
REFUSED: dict[str, frozenset[str]] = {
    "preview": frozenset({"continue_on_error"}),
    "up": frozenset(),
    "refresh": frozenset({"replaces", "refresh", "plan", "continue_on_error"}),
    "destroy": frozenset({"excludes", "replaces", "plan"}),
}
FLAGS = {
    "targets": "--target",
    "excludes": "--exclude",
    "replaces": "--replace",
    "refresh": "--refresh",
    "plan": "--plan",
    "continue_on_error": "--continue-on-error",
}


def keywords(options: Options, verb: Verb) -> dict[str, Any]:
    """Arguments of the Automation API's method; only what was asked for. Raises UsageError for what it cannot be told.

    The CLI takes URNs where ours takes names too: a name is given on as it is, and the CLI says what it does not know.
    """
    for name in REFUSED[verb]:
        if getattr(options, name):
            raise UsageError(
                "The Pulumi CLI cannot be told this.",
                f"`{verb}` through its Automation API has no {FLAGS[name]}.",
                hint="leave it out, or name the resources with --target.",
            )
    asked = {
        "target": list(options.targets),
        "target_dependents": options.target_dependents,
        "exclude": list(options.excludes),
        "replace": list(options.replaces),
        "refresh": options.refresh,
        "parallel": options.parallel,
        "continue_on_error": options.continue_on_error,
        "plan": str(options.plan) if options.plan else None,
    }
    return {name: value for name, value in asked.items() if value}
