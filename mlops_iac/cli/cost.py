"""``mlops-iac cost``: the bill before there is one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.cost_actual import show_actual
from mlops_iac.cli.cost_advice import show_advice
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption
from mlops_iac.cli.selected import SelectedStackArgument

if TYPE_CHECKING:
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.cost.bill import CostChange, Estimate
    from mlops_iac.cost.change import Sides
    from mlops_iac.cost.kept import Kept, Made

PLUGINS = ("blueprints", "components", "steps", "facts")
"""What of an installed package's takes part in a program."""


def cost(
    stack: SelectedStackArgument,
    max: Annotated[
        float | None,
        typer.Option("--max", metavar="DOLLARS", min=0, help="Fail when a month costs more, with the use assumed."),
    ] = None,
    max_increase: Annotated[
        str | None,
        typer.Option("--max-increase", metavar="SHARE", help="Fail when it costs more than what is deployed by 20%."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="What is deployed, as `pulumi stack export` wrote it."),
    ] = None,
    actual: Annotated[
        bool, typer.Option("--actual", help="What it has cost this month: AWS's Cost Explorer, or the cloud's meter.")
    ] = False,
    advice: Annotated[
        bool, typer.Option("--advice", help="Which machines would do, by what runs took, and what nobody uses.")
    ] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show what an environment costs a month on AWS, before it exists: idle, and as much as it is used.

    Needs no account and no network: prices are list prices from a dated table. How much the environment is used
    stands under `mlops-iac:usage` of the stack file. The last line is the range in which the sum lies.

    Example: mlops-iac cost screening-dev
    """
    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.cost.carbon import carbon_of

    if actual or advice:
        refuse_with_use(max, max_increase, state, actual=actual, advice=advice)
        (show_actual if actual else show_advice)(stack, cloud, json=json)
        return
    share = share_of(max_increase) if max_increase is not None else None
    root = project_root()
    found = kept_or_new(root, stack) if state is None else work_out(read(root, stack), state)[0]
    change = found.change
    if json:
        before = change.before.total.to_json() if change.before else None
        carbon = carbon_of(change.after).to_json()
        value = {**found.value, "cost_share": found.share and round(found.share, 4)}
        told = {"before": before, "usage": found.usage, "value": value, "carbon": carbon}
        show_json({"stack": stack, **change.after.to_json(), **told})
    else:
        show(render_estimate(found, color=has_color(sys.stdout)))
    if max is not None and change.becomes > max:
        raise too_much(change.after, max)
    if share is not None:
        refuse_increase(change, share)


def refuse_with_use(
    max: float | None, max_increase: str | None, state: Path | None, *, actual: bool, advice: bool
) -> None:
    """Raise UsageError for what is about an estimate, where one asks for what was."""
    from mlops_iac.core.errors import UsageError

    if actual and advice:
        detail = "--actual tells what was spent, --advice what would be enough."
    elif max is not None or max_increase is not None or state is not None:
        name = "--actual" if actual else "--advice"
        detail = f"{name} is about what was used; --max, --max-increase and --state are about an estimate."
    else:
        return
    raise UsageError("Two choices that exclude each other.", detail, hint="leave one of them out.")


def kept_or_new(root: Path, stack: str) -> Kept:
    """As it was worked out before, where nothing of what it follows from has changed; else priced again, where the
    program would make the same; else worked out, and kept."""
    from mlops_iac.config.project import get_stack_path
    from mlops_iac.core.notices import notice
    from mlops_iac.cost.kept import find_kept, find_made

    get_stack_path(root, stack)
    if found := find_kept(root, stack):
        for text in found.notices:
            notice(text)
        return found
    made = find_made(root, stack)
    return price_again(root, stack, made) if made else work_out_and_keep(root, stack)


def price_again(root: Path, stack: str, made: Made) -> Kept:
    """By the use that is assumed now, and by today's prices. Raises ConfigError for what no use can be."""
    from mlops_iac.config.load import load_stack
    from mlops_iac.core.notices import notice
    from mlops_iac.cost.kept import Kept, digest, keep
    from mlops_iac.cost.parts import sides_of_record

    before = digest(root, stack, made.watched)
    config = load_stack(root, stack, options_model=None)
    for text in made.notices:
        notice(text)
    new = Kept(
        change=sides_of_record(made.sides).price(config.usage),
        usage=config.usage.model_dump(mode="json"),
        value=config.value.model_dump(mode="json"),
        file=config.place().file,
        notices=made.notices,
    )
    keep(root, stack, new, digest=before, watched=made.watched, made=made)
    return new


def work_out_and_keep(root: Path, stack: str) -> Kept:
    """Run the program, and keep what came out where all that it read is known."""
    from mlops_iac.core.notices import overheard
    from mlops_iac.cost.kept import Made, digest, keep, may_be_kept, program_digest
    from mlops_iac.cost.opened import opened_files
    from mlops_iac.cost.parts import record_of

    files = digest(root, stack, ())
    with overheard() as heard, opened_files() as opened:
        config = read(root, stack)
        watched = watched_of(config) if may_be_kept(root) else None
        before = digest(root, stack, watched or ())
        new, sides = work_out(config, None)
    new = replace(new, notices=tuple(heard))
    if watched is not None and (files, before) == (digest(root, stack, ()), digest(root, stack, watched)):
        inside = tuple(sorted(path for path in opened if any(_is_in(path, root / folder) for folder in watched)))
        told = {"watched": tuple(watched), "opened": inside, "notices": new.notices}
        made = Made(digest=program_digest(root, stack, watched, inside), sides=record_of(sides), **told)
        keep(root, stack, new, digest=before, watched=watched, made=made)
    return new


def _is_in(path: str, folder: Path) -> bool:
    return Path(path).is_relative_to(folder) or Path(path).is_relative_to(folder.resolve())


def read(root: Path, stack: str) -> StackConfig:
    """Raises ConfigError for a stack that does not fit its blueprint."""
    from mlops_iac.program.blueprinted import load

    return load(root, stack).config


def watched_of(config: StackConfig) -> list[str] | None:
    """Folders of the project that the stack's program reads; None where it is made of more than this package knows."""
    from mlops_iac.blueprints import BLUEPRINTS
    from mlops_iac.core.plugins import find_plugins

    if config.blueprint not in BLUEPRINTS or any(any(find_plugins(f"mlops_iac.{kind}")) for kind in PLUGINS):
        return None
    return [config.code] if config.code else []


def work_out(config: StackConfig, state: Path | None) -> tuple[Kept, Sides]:
    """What the stack file says now, priced, beside what is deployed here, or was exported."""
    from mlops_iac.cli.environments import open_backend
    from mlops_iac.cli.operations import raise_if_stopped
    from mlops_iac.cost.change import sides_of
    from mlops_iac.cost.kept import Kept

    if state is None:
        result = open_backend(config.stack).preview()
    else:
        from mlops_iac.cli.preview_exported import compare_with
        from mlops_iac.engine.deciding.options import DEFAULTS
        from mlops_iac.engine.event import ignore

        result = compare_with(config.stack, state, [], ignore, DEFAULTS)
    raise_if_stopped(result)
    sides = sides_of(result, str(result.config.get("aws:region", "")))
    usage = config.usage.model_dump(mode="json")
    value = config.value.model_dump(mode="json")
    return Kept(change=sides.price(config.usage), usage=usage, value=value, file=config.place().file), sides


def render_estimate(kept: Kept, *, color: bool) -> str:
    from mlops_iac.core.prices import dated_for
    from mlops_iac.cost.carbon import carbon_of
    from mlops_iac.cost.words import between, cost_in_words, dollars, unpriced_in_words, value_in_words
    from mlops_iac.render.tables import render_table

    change = kept.change
    found = change.after
    rows = [
        (item.layer, dollars(item.idle.usual), dollars(item.used.usual), item.what)
        for item in found.items
        if item.idle.high or item.used.high
    ]
    rows.append(("total", dollars(found.idle.usual), dollars(found.total.usual - found.idle.usual), ""))
    head = ("LAYER", "IDLE", "USE", "US dollars a month")
    lines = [render_table(head, rows, color=color), ""]
    lines.append(f"Idle {between(found.idle)}; as it is used {between(found.total)} US dollars a month.")
    if change.before is not None:
        lines.append(f"Against what is deployed: {cost_in_words(change)} US dollars a month.")
    usage = ", ".join(f"{key} {value:g}" for key, value in kept.usage.items())
    lines.append(f"Assumed: {usage} (`mlops-iac:usage` in {kept.file}).")
    lines.append(
        f"List prices of {dated_for(found.region)} for {found.region}; taxes, discounts and traffic are not in it."
    )
    lines += [*filter(None, [value_in_words(kept.value, change.becomes)]), str(carbon_of(found))]
    if missing := unpriced_in_words(found.unpriced):
        lines.append(missing)
    return "\n".join(lines)


def too_much(found: Estimate, most: float) -> Exception:
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.cost.words import dollars

    dear = sorted(found.items, key=lambda item: -(item.idle.usual + item.used.usual))[:3]
    named = "; ".join(f"{item.layer}, {item.what}: {dollars(item.idle.usual + item.used.usual)}" for item in dear)
    return MlopsError(
        "The environment costs too much.",
        f"A month costs about {found.total.usual:,.2f} US dollars, and --max is {most:,.2f}. Most of it: {named}.",
        hint="make it smaller, use it less (`mlops-iac:usage`), or allow more.",
    )


def share_of(text: str) -> float:
    """``20%`` and ``0.2`` alike. Raises UsageError for anything else, and for less than nothing."""
    from mlops_iac.core.errors import UsageError

    number = text.strip()
    try:
        share = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share < float("inf"):
        raise UsageError(
            "This is no share.", f"--max-increase was given `{text}`; it takes 20% or 0.2.", hint="write it as 20%."
        )
    return share


def refuse_increase(change: CostChange, most: float) -> None:
    """Raises MlopsError when it costs too much more, or nobody can say; what is not deployed yet has no share."""
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.cost.words import cost_in_words, unpriced_in_words

    if change.before is not None and not change.is_comparable:
        raise MlopsError(
            "Nobody can say how much more it costs.",
            unpriced_in_words(change.unpriced),
            hint="leave out --max-increase for this change, and look at the rest of the bill yourself.",
        )
    if change.increase is None or change.increase <= most + 1e-9:
        return
    raise MlopsError(
        "The environment would cost too much more.",
        f"A month goes from {cost_in_words(change)} US dollars, and --max-increase is {most:.0%}.",
        hint="make it smaller, use it less (`mlops-iac:usage`), or allow more.",
    )
