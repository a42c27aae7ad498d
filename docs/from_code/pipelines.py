"""The page of kinds of steps, and of what each orchestrator does with them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from from_code.text import NOTE, cell, joined


def pipelines_page() -> str:
    """What each orchestrator does with each kind of step, and every kind with its fields."""
    from mlops_iac.pipelines.capabilities import about, capabilities
    from mlops_iac.pipelines.compile import TARGETS
    from mlops_iac.pipelines.steps import STEP_KINDS

    lines = ["# Pipelines: kinds of steps", "", NOTE]
    lines += ["A team writes pipelines in `pipelines/NAME.yaml` of its code folder: docs/guides/pipelines.md.", ""]
    lines += ["## What runs where", "", f"| kind | {' | '.join(TARGETS)} |", f"|---|{'---|' * len(TARGETS)}"]
    for one in capabilities():
        cells = [f"{'' if found.runs else '**no:** '}{cell(found.how)}" for found in one.answers.values()]
        lines.append(f"| [`{one.kind}`](#{one.kind}) | {' | '.join(cells)} |")
    lines += [
        "",
        "On Metaflow the team's own flow is the pipeline, and no kind of step runs there: docs/guides/metaflow.md.",
    ]
    for kind in sorted(STEP_KINDS, key=lambda kind: kind.kind):
        lines += ["", f"## {kind.kind}", "", about(kind), "", joined(inspect.getdoc(kind) or ""), "", *_kind(kind)]
    return "\n".join(lines) + "\n"


def _kind(kind: Any) -> Iterator[str]:
    from mlops_iac.pipelines.schema import field_docs

    docs = field_docs(kind)
    yield "| field | what | default |"
    yield "|---|---|---|"
    for name, field in kind.model_fields.items():
        if name != "name":
            default = "required" if field.is_required() else _told_default(field.get_default(call_default_factory=True))
            yield f"| `{name}` | {cell(docs.get(name, ''))} | {default} |"


def _told_default(value: Any) -> str:
    if isinstance(value, str | int | float):
        return f"`{cell(str(value))}`" if value != "" else ""
    return "" if not value or hasattr(type(value), "model_fields") else f"`{cell(str(value))}`"
