"""``mlops-iac cost --actual``: what an environment has cost this month, and what of it nobody uses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mlops_iac.cli.options import CloudName

if TYPE_CHECKING:
    from mlops_iac.runs.spent import Spent


def show_actual(stack: str, cloud: CloudName, *, json: bool) -> None:
    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.cli.environments import open_environment
    from mlops_iac.runs.spent import read_spent

    opened = open_environment(stack, cloud)
    found = read_spent(opened.environment, opened.clients)
    if json:
        show_json(found.to_json())
    else:
        show(render_spent(found, color=has_color(sys.stdout)))


def render_spent(spent: Spent, *, color: bool) -> str:
    from mlops_iac.cost.words import dollars
    from mlops_iac.render.tables import render_table

    rows = [(line.what, "not known" if line.dollars is None else dollars(line.dollars)) for line in spent.lines]
    rows.append(("total", dollars(spent.total)))
    unit = "US dollars" if spent.currency == "USD" else spent.currency
    lines = [render_table((f"{spent.start:%Y-%m-%d} to {spent.end:%Y-%m-%d}", unit), rows, color=color), ""]
    estimate = "; AWS may still change this month's figures" if spent.is_estimate else ""
    lines.append(f"By {spent.source}{estimate}.")
    lines += spent.notes
    for one in spent.idle:
        price = "" if one.dollars_an_hour is None else f", {one.dollars_an_hour:.4f} US dollars an hour"
        lines.append(f"Idle: nobody has asked {one.endpoint} for {one.days:.1f} days ({one.machines}{price}).")
    return "\n".join(lines)
