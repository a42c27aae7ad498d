"""``mlops-iac cost --advice``: which machines would do, by what runs took, and what nobody uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_iac.cli.options import CloudName

if TYPE_CHECKING:
    from mlops_iac.runs.advice import Advice
    from mlops_iac.runs.advice.one import Allowed, StepAdvice


def show_advice(stack: str, cloud: CloudName, *, json: bool) -> None:
    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.cli.environments import open_environment
    from mlops_iac.runs.advice import read_advice

    opened = open_environment(stack, cloud)
    found = read_advice(opened.environment, opened.clients, allowed_by_company(opened.root, stack))
    if json:
        show_json(found.to_json())
    else:
        show(render_advice(found, color=has_color(sys.stdout)))


def allowed_by_company(root: Path, stack: str) -> Allowed:
    """Raises ConfigError for a company file that cannot be read."""
    from mlops_iac.config.company import INSTANCE_TYPES, read_company

    limits = [level.rules.limits.get(INSTANCE_TYPES) for level in read_company(root).of(stack)]
    return lambda kind: all(limit.allows(kind) for limit in limits if limit)


def render_advice(found: Advice, *, color: bool) -> str:
    from mlops_iac.render.tables import render_table

    lines = []
    if measured := [*found.steps, *found.endpoints]:
        head = ("STEP", "JOBS", "NOW", "VCPUS 95 %", "MEMORY AT MOST", "ENOUGH", "SAVES A MONTH")
        lines += [render_table(head, [_row(one) for one in measured], color=color), ""]
    else:
        lines.append(f"No job of {found.stack} succeeded since {found.since:%Y-%m-%d}, and no endpoint has machines.")
    lines += _told(found)
    return "\n".join(lines)


def _row(one: StepAdvice) -> tuple[str, ...]:
    from mlops_iac.core.machine_sizes import size_of

    size = size_of(one.instance_type)
    cores = _of(one.use.cores, size and size.vcpus)
    memory = f"{_of(one.use.memory_gib, size and size.memory_gib)} GiB"
    jobs = f"{one.jobs} h" if one.kind == "endpoint" else str(one.jobs)
    count = f"{one.instances} × " if one.instances > 1 else ""
    better = one.sizing.better or {"fits": "as it is"}.get(one.sizing.verdict, "-")
    return (one.where, jobs, f"{count}{one.instance_type}", cores, memory, better, _saves(one))


def _of(taken: float | None, there: float | None) -> str:
    told = "?" if taken is None else f"{taken:.1f}"
    return f"{told} of {there:g}" if there else told


def _saves(one: StepAdvice) -> str:
    from mlops_iac.cost.words import dollars

    amount = one.saves_a_month
    if amount is None:
        return ""
    return dollars(amount) if amount >= 0 else f"costs {dollars(-amount)} more"


def _told(found: Advice) -> Iterator[str]:
    from mlops_iac.cost.words import dollars

    for one in [*found.steps, *found.endpoints]:
        if one.sizing.verdict == "unknown":
            yield f"{one.where}: nothing is advised ({one.sizing.why})."
        elif one.sizing.verdict == "short":
            better = f"; {one.sizing.better} would do" if one.sizing.better else ""
            yield f"{one.where}: {one.sizing.why}, and more data may be too much{better}."
        elif one.sizing.better:
            yield f"{one.where}: {_how(one)}{_by(one)} ({_sure(one)})."
    for idle in found.idle:
        price = "" if idle.dollars_an_hour is None else f", {idle.dollars_an_hour:.4f} US dollars an hour"
        yield f"Idle: nobody has asked {idle.endpoint} for {idle.days:.1f} days ({idle.machines}{price})."
    for queue in found.queues:
        price = "" if queue.dollars_an_hour is None else f", {queue.dollars_an_hour:.4f} US dollars an hour"
        yield f"Idle: {queue.queue} keeps {queue.vcpus} vCPUs and had no job for a week{price}."
    if found.saves_a_month:
        saves = dollars(found.saves_a_month)
        yield f"In all about {saves} US dollars a month, at list prices and with as many runs as lately."


def _how(one: StepAdvice) -> str:
    return (
        f"set `{one.settings}.instance_type: {one.sizing.better}`" if one.settings else f"{one.sizing.better} would do"
    )


def _by(one: StepAdvice) -> str:
    from mlops_iac.cost.words import dollars

    return "" if one.saves_a_run is None else f", which saves {dollars(max(0.0, one.saves_a_run))} a run"


def _sure(one: StepAdvice) -> str:
    from mlops_iac.runs.advice.sizing import ENOUGH

    counted = f"{one.jobs} hours" if one.kind == "endpoint" else f"{one.jobs} jobs"
    return counted if one.confidence == "good" else f"{counted} only; sure from {ENOUGH} jobs, or a week, on"
