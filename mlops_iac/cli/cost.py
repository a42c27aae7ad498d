"""``mlops-iac cost``: the bill before there is one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.options import JsonOption, StackArgument

if TYPE_CHECKING:
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.prices import Money
    from mlops_iac.cost.estimate import Estimate
    from mlops_iac.pipelines.pipeline import Pipeline


def cost(
    stack: StackArgument,
    max: Annotated[
        float | None,
        typer.Option("--max", metavar="DOLLARS", min=0, help="Fail when a month costs more, with the use assumed."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what an environment costs a month on AWS, before it exists: idle, and as much as it is used.

    Needs no account and no network: prices are list prices from a dated table. How much the environment is used
    stands under `mlops-iac:usage` of the stack file. The last line is the range in which the sum lies.

    Example: mlops-iac cost screening-dev
    """
    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.program.blueprinted import load

    program = load(project_root(), stack)
    found = estimate_stack(stack, program.config, program.pipelines)
    if json:
        usage = program.config.usage.model_dump(mode="json")
        show_json({"stack": stack, **found.to_json(), "usage": usage})
    else:
        show(render_estimate(found, program.config, color=has_color(sys.stdout)))
    if max is not None and found.total.usual > max:
        raise too_much(found, max)


def estimate_stack(stack: str, config: StackConfig, pipelines: Sequence[Pipeline]) -> Estimate:
    """What the stack file says now, priced."""
    from mlops_iac.cli.environments import open_backend
    from mlops_iac.cli.operations import raise_if_stopped
    from mlops_iac.cost.estimate import Resource, estimate
    from mlops_iac.cost.rates import Place
    from mlops_iac.engine.event import Op
    from mlops_iac.render.steps import group_by_layer

    result = open_backend(stack).preview()
    raise_if_stopped(result)
    gone = (Op.DELETE, Op.DELETE_REPLACED)
    layers = group_by_layer([step for step in result.steps if step.op not in gone])
    resources = [
        Resource(layer=layer, type=step.type, inputs=(step.new or {}).get("inputs") or {})
        for layer, steps in layers.items()
        for step in steps
        if step.custom
    ]
    return estimate(resources, pipelines, result.outputs, Place(region=config.region, usage=config.usage))


def render_estimate(found: Estimate, config: StackConfig, *, color: bool) -> str:
    from mlops_iac.core.prices import dated
    from mlops_iac.render.tables import render_table

    rows = [
        (item.layer, dollars(item.idle.usual), dollars(item.used.usual), item.what)
        for item in found.items
        if item.idle.high or item.used.high
    ]
    rows.append(("total", dollars(found.idle.usual), dollars(found.total.usual - found.idle.usual), ""))
    head = ("LAYER", "IDLE", "USE", "US dollars a month")
    lines = [render_table(head, rows, color=color), ""]
    lines.append(f"Idle {between(found.idle)}; as it is used {between(found.total)} US dollars a month.")
    usage = ", ".join(f"{key} {value:g}" for key, value in config.usage.model_dump().items())
    lines.append(f"Assumed: {usage} (`mlops-iac:usage` in {config.place().file}).")
    lines.append(f"List prices of {dated()} for {found.region}; taxes, discounts and traffic are not in it.")
    if found.unpriced:
        lines.append(f"No price is known here of {', '.join(found.unpriced)}: that comes on top.")
    return "\n".join(lines)


def dollars(amount: float) -> str:
    """``0`` only for nothing: a tenth of a cent is less than a cent."""
    if not amount:
        return "0"
    return f"{amount:,.2f}" if amount >= 0.01 else "< 0.01"


def between(money: Money) -> str:
    low, high = f"{money.low:,.2f}", f"{money.high:,.2f}"
    return low if low == high else f"{low} to {high}"


def too_much(found: Estimate, most: float) -> Exception:
    from mlops_iac.core.errors import MlopsError

    dear = sorted(found.items, key=lambda item: -(item.idle.usual + item.used.usual))[:3]
    named = "; ".join(f"{item.layer}, {item.what}: {dollars(item.idle.usual + item.used.usual)}" for item in dear)
    return MlopsError(
        "The environment costs too much.",
        f"A month costs about {found.total.usual:,.2f} US dollars, and --max is {most:,.2f}. Most of it: {named}.",
        hint="make it smaller, use it less (`mlops-iac:usage`), or allow more.",
    )
