"""``mlops-iac prices``: the table that estimates are made with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import JsonOption

app = make_group("The list prices that estimates are made with: show how old they are, ask AWS for today's.")


@app.command("show")
def show_prices(json: JsonOption = False) -> None:
    """Show where the prices are from and how old they are.

    Example: mlops-iac prices show
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.core import refreshed_prices
    from mlops_iac.core.prices import dated, sources

    found = refreshed_prices.find()
    if json:
        own = {**found.to_json(), "file": str(found.file)} if found else None
        show_json({"packaged": {"prices": dated(), "sources": sources()}, "refreshed": own})
        return
    show(f"Of this package: list prices of {dated()}, of machines in us-east-1 and by ratios elsewhere.")
    if found:
        counts = ", ".join(f"{region} ({found.count(region)} types)" for region in found.regions)
        show(f"Used before them, {found.age} old: {found.file}, of {found.as_of} for {counts}.")


@app.command()
def refresh(
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="REGION", help="May be repeated. Left out: the regions of the stack files."),
    ] = None,
    user: Annotated[
        bool, typer.Option("--user", help="Keep them for all your projects, not in this one's folder.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Ask AWS what machines cost today, and use that instead of the packaged prices.

    Needs credentials that may `pricing:GetProducts`, and a network; without them nothing changes. The table is a file
    with its date, `mlops-iac.prices.json` beside Pulumi.yaml, which a team may commit.

    Example: mlops-iac prices refresh --region eu-west-1
    """
    from datetime import UTC, datetime

    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.clients import Clients
    from mlops_iac.core import refreshed_prices
    from mlops_iac.engine.state.files import make_folder, write_asked_for
    from mlops_iac.runs.price_list import PLACE, read_prices

    file = refreshed_prices.user_file() if user else project_root() / refreshed_prices.FILE
    regions = region or regions_of(project_root())
    clients = Clients.aws(PLACE)
    told: dict[str, Any] = {one: checked(one, read_prices(clients, one)) for one in sorted(set(regions))}
    made = refreshed_prices.Refreshed(as_of=f"{datetime.now(UTC):%Y-%m-%d}", regions=told, file=file)
    if user:
        make_folder(file.parent)
    write_asked_for(file, made.text())
    if json:
        show_json({**made.to_json(), "file": str(file)})
        return
    for one in made.regions:
        say(f"{one}: {made.count(one)} types of machines, of {made.as_of}")
    say(f"Written to {file}. Next: mlops-iac cost STACK")


def regions_of(root: Path) -> list[str]:
    """Of the project's stack files. Raises UsageError where there is none."""
    from mlops_iac.config import list_stacks
    from mlops_iac.config.load import load_stack
    from mlops_iac.core.errors import UsageError

    found = {load_stack(root, stack, options_model=None).region for stack in list_stacks(root)}
    if not found:
        raise UsageError("Which region?", "The project has no stack file that names one.", hint="--region eu-west-1")
    return sorted(found)


def checked(region: str, found: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Raises UsageError for a region of which AWS tells nothing: prices there are, or the answer is not to be used."""
    from mlops_iac.core.errors import UsageError

    if not found["ec2"] or not found["sagemaker"]:
        detail = f"AWS's Price List has no machines of EC2 and SageMaker for `{region}`."
        raise UsageError("No prices for this region.", detail, hint="name a region as AWS does: eu-west-1.")
    return found
