"""``mlops-iac import``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.blueprint import complete_blueprints
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mlops_iac.adopting.finding import Candidate, Wanted
    from mlops_iac.adopting.looking import Found
    from mlops_iac.clients import Clients
    from mlops_iac.scaffold.answers import Answers


def import_environment(
    stack: Annotated[str, typer.Argument(help="The environment to be: TEAM-ENV, of which there is no stack file yet.")],
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="KEY=VALUE", help="What it has; may be repeated, for all of them."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            metavar="PATTERN",
            help="What it is called, * for anything; may be repeated, for any. Left out, without --tag: TEAM-*.",
        ),
    ] = None,
    take: Annotated[
        list[str] | None,
        typer.Option("--take", metavar="LAYER=NAME", help="Of several for a layer, this; LAYER= for none."),
    ] = None,
    subnet: Annotated[
        list[str] | None,
        typer.Option("--subnet", metavar="ID", help="A subnet of the VPC. Left out: all private ones."),
    ] = None,
    security_group: Annotated[
        str | None,
        typer.Option("--security-group", metavar="ID", help="What jobs wear. Left out: the only one there is."),
    ] = None,
    blueprint: Annotated[
        str | None,
        typer.Option(
            "--blueprint",
            help="What it is to be.  [default: mlops-iac.yaml's, or tabular-batch]",
            autocompletion=complete_blueprints,
        ),
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="AWS region.  [default: eu-west-1]")] = None,
    code: Annotated[
        str | None, typer.Option("--code", help="Folder of the team's code.  [default: examples/TEAM]")
    ] = None,
    security: Annotated[
        str | None,
        typer.Option("--security", help="sandbox, standard or regulated.  [default: mlops-iac.yaml's, or standard]"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look, and show what would be adopted; write nothing.")
    ] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Write the stack file of an environment that was made by hand, from what the account has by tags and names.

    Looks for a VPC, a key, a bucket, a model package group, image repositories, domains and roles; the first four are
    adopted: used, and never changed or deleted. Where there are several for a layer it lists them, and writes nothing.

    Example: mlops-iac import screening-dev --tag team=screening
    """
    from mlops_iac.adopting.choosing import choose
    from mlops_iac.adopting.finding import Wanted, find
    from mlops_iac.cli.environments import project_root

    root = project_root()
    answers = answers_for(root, stack, blueprint=blueprint, region=region, code=code, security=security)
    wanted = Wanted(tags=pairs(tag, "--tag"), names=tuple(name or ()) or (() if tag else (f"{answers.team}-*",)))
    taken = pairs(take, "--take")
    clients = clients_of(root, answers, cloud)
    found = find(clients, wanted)
    chosen = choose(found, taken)
    settings = look_at(clients, answers, chosen, subnets=subnet or (), security_group=security_group)
    if not dry_run:
        write(root, answers, settings)
    file = f"stacks/Pulumi.{answers.stack}.yaml"
    if json:
        show_object(answers, file, found, settings, written=not dry_run)
    else:
        show(answers, file, wanted, found, settings, written=not dry_run)


def answers_for(root: Path, stack: str, **given: str | None) -> Answers:
    """What `new` would be answered. Raises UsageError for what is none, and ConfigError where there is such a file."""
    from mlops_iac.cli.blueprint import options_models
    from mlops_iac.cli.new_questions import USUAL_BLUEPRINT, defaults, needs_code, tidy_code
    from mlops_iac.config.project import stack_path
    from mlops_iac.core.errors import ConfigError
    from mlops_iac.scaffold.answers import Answers, check_answers

    team, _, environment = stack.rpartition("-")
    known = {"team": team, "environment": environment, **{key: value for key, value in given.items() if value}}
    check_answers(known, tuple(options_models()))
    if stack_path(root, stack).exists():
        raise ConfigError(
            "The stack file is already there.",
            f"stacks/Pulumi.{stack}.yaml exists and was not touched.",
            hint=f"`mlops-iac adopt {stack} LAYER NAME` adds to it what is there.",
        )
    values = {"blueprint": USUAL_BLUEPRINT, "code": f"examples/{team}"} | defaults(known, root) | known
    code = tidy_code(values["code"], root) if needs_code(values) else ""
    return Answers(**values | {"code": code})


def pairs(words: Sequence[str] | None, option: str) -> dict[str, str]:
    from mlops_iac.core.errors import UsageError

    found = {}
    for word in words or ():
        key, equals, value = word.partition("=")
        if not key or not equals:
            raise UsageError(
                "This is no pair.", f"{option} {word}: it is KEY=VALUE.", hint=f"write {option} key=value."
            )
        found[key] = value
    return found


def clients_of(root: Path, answers: Answers, cloud: CloudName) -> Clients:
    """Clients of the account, before there is a stack file."""
    from mlops_iac.clients import Clients as Found

    if cloud is CloudName.AWS:
        return Found.aws(answers.region, None)
    from mlops_iac.backends.embedded import EmbeddedBackend

    embedded = EmbeddedBackend(root, answers.stack).cloud
    embedded.start()
    return embedded.clients(answers.region)


def look_at(
    clients: Clients,
    answers: Answers,
    chosen: Mapping[str, Candidate],
    *,
    subnets: Sequence[str],
    security_group: str | None,
) -> list[Found]:
    """Whether each of them fits, as `adopt` does. Raises RunError with why one does not."""
    from mlops_iac.adopting.looking import Asked, Place, look

    settings: list[Found] = []
    for layer, one in chosen.items():
        key = next((str(found.settings["key_arn"]) for found in settings if found.layer == "encryption"), None)
        place = Place(
            stack=answers.stack,
            region=answers.region,
            clients=clients,
            key_arn=key,
            own_key=answers.security != "sandbox",
        )
        settings.append(look(place, layer, Asked(name=one.name, subnets=subnets, security_group=security_group)))
    return settings


def write(root: Path, answers: Answers, settings: Sequence[Found]) -> None:
    """The stack file as `new` writes it, and what is adopted; no file where that does not load."""
    from mlops_iac.adopting.stack_edit import with_adopted
    from mlops_iac.cli.blueprint import options_models
    from mlops_iac.config.editing import replace_checked
    from mlops_iac.config.load import load_stack
    from mlops_iac.scaffold.stack_file import new_stack

    models = options_models()
    path = new_stack(root, answers, models)
    text = path.read_text(encoding="utf-8")
    try:
        for found in reversed(settings):  # each goes before the one that was written last
            text, _ = with_adopted(text, path.relative_to(root).as_posix(), found.layer, dict(found.settings))
        replace_checked(path, text, lambda: load_stack(root, answers.stack, options_model=models.__getitem__))
    except BaseException:
        path.unlink()
        raise


def show(
    answers: Answers,
    file: str,
    wanted: Wanted,
    found: Sequence[Candidate],
    settings: Sequence[Found],
    *,
    written: bool,
) -> None:
    import sys

    from mlops_iac.adopting.choosing import told
    from mlops_iac.cli.console import has_color, say
    from mlops_iac.cli.console import show as show_text
    from mlops_iac.render.tables import render_table

    layers = {one.layer for one in settings}
    say(f"Looked in {answers.region} for {wanted}.\n")
    rows = [(one.kind, told(one), becomes(one, layers)) for one in found]
    show_text(render_table(("what", "name", ""), rows, color=has_color(sys.stdout)) if rows else "Nothing was found.")
    for one in settings:
        for caution in one.cautions:
            say(f"caution: {one.layer}: {caution}.")
    if written:
        say(f"\nWrote {file}. Next: mlops-iac preview {answers.stack}")
    else:
        say(f"\n{file} would adopt: {', '.join(one.layer for one in settings) or 'nothing'}.")


def becomes(one: Candidate, layers: set[str]) -> str:
    if one.why_not:
        return f"not adopted: {one.why_not}"
    return f"adopted as {one.layer}" if one.layer in layers else "not taken"


def show_object(
    answers: Answers, file: str, found: Sequence[Candidate], settings: Sequence[Found], *, written: bool
) -> None:
    from mlops_iac.cli.console import show_json

    adopted: dict[str, Any] = {one.layer: dict(one.settings) for one in settings}
    show_json(
        {
            "stack": answers.stack,
            "file": file,
            "written": written,
            "found": [one.to_json() for one in found],
            "adopted": adopted,
            "cautions": {one.layer: list(one.cautions) for one in settings if one.cautions},
        }
    )
