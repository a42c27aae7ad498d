"""The page of stack files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from from_code.text import NOTE, cell


def stack_file_page() -> str:
    """Every key of a stack file: the envelope, then each blueprint's options."""
    from mlops_iac.blueprints import BLUEPRINTS
    from mlops_iac.cli.blueprint import describe, render_description
    from mlops_iac.config.envelope import Envelope
    from mlops_iac.config.option_table import option_table

    lines = [
        "# Stack files",
        "",
        NOTE,
        "A stack file is `stacks/Pulumi.<team>-<environment>.yaml`, in Pulumi's own format. Under `config:` stand "
        "`aws:region` (required) and the keys below, each with `mlops-iac:` in front. An unknown key is an error.",
        "",
        *_option_table(row.to_json() for row in option_table(Envelope)),
    ]
    from mlops_iac.blueprints import get_blueprint

    for name in sorted(BLUEPRINTS):
        description = describe(get_blueprint(name))
        head = render_description({**description, "options": []}).split("\n\nOptions, ")[0]
        lines += ["", f"## Options of {name}", "", "```", head, "```", "", *_option_table(description["options"])]
    return "\n".join(lines) + "\n"


def _option_table(rows: Any) -> Iterator[str]:
    yield "| key | what | allowed | default |"
    yield "|---|---|---|---|"
    for row in rows:
        default = "required" if row["required"] else _default(row.get("default"))
        yield f"| `{row['path']}` | {cell(row['description'])} | {cell(row['allowed'])} | {default} |"


def _default(value: Any) -> str:
    return (
        "left out" if value is None else f"`{cell(value if isinstance(value, str) and value else json.dumps(value))}`"
    )
