"""``mlops-iac models`` and ``mlops-iac rollback``: what was registered, what serves, and going back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.auditing import MessageOption, write_down
from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.group import ListGroup, make_group
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument, YesOption

if TYPE_CHECKING:
    from mlops_iac.runs.cost import EndpointCost
    from mlops_iac.runs.models import Model

app = make_group("The models of an environment: list (or only `models STACK`), show.", kind=ListGroup)

RegistryOption = Annotated[
    str | None, typer.Option("--registry", help="The registry, by its name; needed where there are several.")
]


@app.command("list")
def list_(
    stack: StackArgument,
    registry: Annotated[str | None, typer.Option("--registry", help="Versions of this registry only.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many versions.")] = 20,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show the latest versions with their approval, metrics and run, which one serves, and what that costs an hour.

    Example: mlops-iac models list screening-dev
    """
    from mlops_iac.cli import console
    from mlops_iac.runs.cost import endpoint_costs
    from mlops_iac.runs.models import list_models

    opened = open_environment(stack, cloud, quick=True)
    found = list_models(opened.environment, opened.clients, registry=registry, limit=limit)
    costs = endpoint_costs(opened.environment, opened.clients) if found else ()
    if json:
        endpoints = [one.to_json() for one in costs]
        console.show_json({"models": [one.to_json() for one in found], "endpoints": endpoints})
    elif found:
        several = len(opened.environment.registries) > 1
        console.show(render_models(found, several=several, color=console.has_color(sys.stdout)))
        for cost in costs:
            console.show(render_endpoint_cost(cost))
    else:
        console.say(f"{stack} has no models yet. A run registers one: mlops-iac run {stack} --follow")


@app.command()
def show(
    stack: StackArgument,
    version: Annotated[str, typer.Argument(help="Its number; `last` is the newest, `serving` the one that serves.")],
    registry: RegistryOption = None,
    card: Annotated[bool, typer.Option("--card", help="Show its model card instead, as markdown.")] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show one version: approval, metrics, the run and code it comes from, where it serves; or its model card.

    Example: mlops-iac models show screening-dev serving --card
    """
    from mlops_iac.cli import console
    from mlops_iac.runs.models import get_card, get_model

    opened = open_environment(stack, cloud, quick=True)
    found = get_model(opened.environment, opened.clients, version, registry=registry)
    if card:
        text = get_card(opened.environment, opened.clients, found)
        console.show_json({"card": text, "status": found.card}) if json else console.show(text.rstrip())
    elif json:
        console.show_json(found.to_json())
    else:
        console.show(render_model(stack, found, color=console.has_color(sys.stdout)))


def rollback(
    stack: StackArgument,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="VERSION", help="This one. Left out: the approved one before that which serves."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="The endpoint, by its name; needed where there are several.")
    ] = None,
    registry: RegistryOption = None,
    message: MessageOption = "",
    yes: YesOption = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Make the endpoint serve an earlier approved version again. What serves now goes on until that one answers.

    Example: mlops-iac rollback screening-dev --to 3 --yes
    """
    from mlops_iac.cli import console
    from mlops_iac.cli.operations import confirm
    from mlops_iac.core.errors import Detached
    from mlops_iac.runs.audit import check_message
    from mlops_iac.runs.rollback import plan, roll_back

    check_message(message)
    opened = open_environment(stack, cloud, quick=True)
    planned = plan(opened.environment, opened.clients, to=to, endpoint=endpoint, registry=registry)
    name, version = planned.served.endpoint, planned.to.version
    was = f" instead of version {planned.serving}" if planned.serving not in (None, version) else ""
    if planned.beside:
        was += f" without version {' and '.join(map(str, planned.beside))} beside it"
    confirm(f"Let {name} serve version {version} (run {planned.to.run}){was}?", yes=yes, json=json)
    subject, result = f"{name} to version {version}", "failed"
    try:
        roll_back(opened.environment, opened.clients, planned)
        result = "succeeded"
    except KeyboardInterrupt:
        again = f"`mlops-iac models {stack}` shows what serves."
        raise Detached("Detached.", f"The change of {name} goes on.", hint=again) from None
    finally:
        write_down(opened, "rollback", subject, message, result=result)
        opened.keep()
    if json:
        console.show_json(planned.to_json())
    else:
        console.say(f"{name} serves version {version}{was}.")


def render_endpoint_cost(cost: EndpointCost) -> str:
    """``tiny-dev-endpoint: 4 ml.m5.large, 0.4600 USD an hour by the list prices of 2023 to 2026-11``"""
    from mlops_iac.core.prices import dated

    machines = " and ".join(f"{count} {kind}" for kind, count in cost.machines)
    price = (
        "price not known" if cost.hourly is None else f"{cost.hourly:.4f} USD an hour by the list prices of {dated()}"
    )
    return f"{cost.endpoint}: {machines}, {price}" if machines else f"{cost.endpoint}: paid by the request"


def render_models(models: tuple[Model, ...], *, several: bool, color: bool) -> str:
    """One line per version, newest first; their registry where there are ``several``."""
    from mlops_iac.cli.run_view import render_metrics
    from mlops_iac.render.style import Style
    from mlops_iac.render.tables import render_table

    style = Style(color)
    rows = []
    for model in models:
        words = [*(["serves"] if model.serves else []), *(["shadow"] if model.shadows else [])]
        serves = [style.paint(word, "bold") for word in words]
        told = "  ".join([*filter(None, [render_metrics(model.metrics)]), *serves])
        name = f"{model.registry}/{model.version}" if several else str(model.version)
        rows.append(
            (name, model.approval, model.registered.astimezone().strftime("%Y-%m-%d %H:%M:%S"), model.run or "-", told)
        )
    return render_table(("VERSION", "APPROVAL", "REGISTERED", "RUN", "METRICS"), rows, color=color)


def render_model(stack: str, model: Model, *, color: bool) -> str:
    from mlops_iac.cli.run_view import render_metrics
    from mlops_iac.render.style import Style

    facts = {
        "approval": model.approval,
        "registered": model.registered.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        "run": model.run or "none: somebody else put it there",
        "code": model.code or "not known",
        **({"promoted from": str(model.origin)} if model.origin else {}),
        "metrics": render_metrics(model.metrics) or "none",
        "serves": ", ".join(model.serves) or "nowhere",
        **({"shadow of": ", ".join(model.shadows)} if model.shadows else {}),
        "card": f"{model.card}: --card shows it" if model.card else "none",
        "artifact": model.data,
        "SHA-256": model.digest or "not known",
        "image": model.image,
        "package": model.arn,
    }
    head = f"Version {Style(color).paint(str(model.version), 'bold')} of {stack}, registry {model.registry}"
    return "\n".join([head, "", *(f"  {name:<15} {value}" for name, value in facts.items())])
