"""The page of external systems: what a team writes of each, and which variables the vendor's own client finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from from_code.text import NOTE, cell

COMMON = ("kind", "address", "secret", "secret_key_arn", "private_link")


def external_page() -> str:
    """What all have in common, a table of all, then each with its fields and variables."""
    from mlops_iac.config.option_table import option_table
    from mlops_iac.external import SYSTEMS, System, kind_of

    lines = ["# External systems", "", NOTE]
    lines += ["How they are used: docs/guides/external-systems.md. Every kind has these fields:", ""]
    lines += ["| field | what it says |", "|---|---|"]
    lines += [f"| `{row.path}` | {cell(row.description)} |" for row in option_table(System) if row.path != "kind"]
    lines += ["", "| kind | system | what for | whose variables |", "|---|---|---|---|"]
    for kind in SYSTEMS:
        name = kind_of(kind)
        lines.append(f"| [`{name}`](#{name}) | {kind.title} | {kind.offers} | {cell(kind.client)} |")
    for kind in SYSTEMS:
        lines += ["", f"## {kind_of(kind)}", "", *_one(kind)]
    return "\n".join(lines) + "\n"


def _one(kind: Any) -> Iterator[str]:
    from mlops_iac.external import WHOLE

    yield " ".join((kind.__doc__ or "").split())
    yield ""
    usual = f"`{kind.usual_address}` when none is written" if kind.usual_address else "must be written"
    yield f"`address` {usual}. {'`secret` is needed by jobs.' if kind.needs_secret else '`secret` may be left out.'}"
    yield ""
    yield "| variable | from |"
    yield "|---|---|"
    for variable, text in kind.located.items():
        yield f"| `{variable}` | `address`, as `{text}` |"
    for field, variable in kind.named():
        one = kind.model_fields[field]
        yield f"| `{variable}` | `{one.alias or field}`: {cell(one.description)} |"
    for variable, key in kind.secrets.items():
        what = "a file that holds the secret" if key == WHOLE else f"`{key}` of the secret"
        yield f"| `{variable}` | {what} |"
    yield ""
    yield f"Source: {kind.source}."
