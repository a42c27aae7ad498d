"""The page of policies: what each wants, why, whose advice it is, and how it is broken and kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from from_code.text import NOTE, cell, joined


def policies_page() -> str:
    """A table of all, then each with its parameters and an example that breaks it."""
    from mlops_iac.policy.table import POLICIES, policies

    ours = [policy for policy in policies() if policy.name in POLICIES]
    lines = ["# Policies", "", NOTE]
    lines += [
        f"{len(ours)} policies. How they are weighed, waived and written: docs/guides/policy.md.",
        "",
        "| policy | sandbox | standard | regulated | what it wants |",
        "|---|---|---|---|---|",
    ]
    for policy in ours:
        weights = " | ".join(policy.severity_in(profile).value for profile in ("sandbox", "standard", "regulated"))
        lines.append(f"| [`{policy.name}`](#{policy.name}) | {weights} | {cell(policy.wants)} |")
    for policy in ours:
        lines += ["", f"## {policy.name}", "", *_one(policy)]
    return "\n".join(lines) + "\n"


def _one(policy: Any) -> Iterator[str]:
    yield f"{policy.wants} {policy.why} *{policy.remedy[:1].upper()}{policy.remedy[1:]}*"
    yield ""
    types = "every resource" if policy.types == ("*",) else ", ".join(f"`{one}`" for one in sorted(policy.types))
    yield f"Looks at {types}. Sources: {', '.join(policy.sources)}."
    for name, default in policy.parameters.items():
        shown = ", ".join(default) if isinstance(default, tuple) else str(default)
        yield ""
        yield f"Parameter `{name}` (`{cell(shown) or 'empty'}`): {joined(policy.about_parameters[name])}"
