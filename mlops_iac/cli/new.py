"""``mlops-iac new``: write a stack file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from mlops_iac.cli.blueprint import complete_blueprints, options_models
from mlops_iac.cli.new_questions import ask_missing, ask_owner, ask_scaffold, defaults, missing, needs_code, tidy_code
from mlops_iac.cli.options import JsonOption

if TYPE_CHECKING:
    from mlops_iac.scaffold.answers import Answers


def new(
    team: Annotated[str | None, typer.Option("--team", help="The team: 2 to 16 of a-z, 0-9 and hyphens.")] = None,
    env: Annotated[str | None, typer.Option("--env", help="The environment, such as dev: 2 to 10 of a-z, 0-9.")] = None,
    blueprint: Annotated[
        str | None,
        typer.Option(
            "--blueprint", help="What to build: see `mlops-iac blueprint list`.", autocompletion=complete_blueprints
        ),
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="AWS region.  [default: eu-west-1]")] = None,
    code: Annotated[
        str | None, typer.Option("--code", help="Folder of the team's code.  [default: examples/TEAM, if it is there]")
    ] = None,
    security: Annotated[
        str | None,
        typer.Option("--security", help="sandbox, standard or regulated.  [default: mlops-iac.yaml's, or standard]"),
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="E-mail address for alerts.  [default: none]")] = None,
    scaffold: Annotated[
        bool | None,
        typer.Option("--scaffold/--no-scaffold", help="Write scripts that run, and sample data, into the code folder."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the stack file of a new environment. Asks what is missing when it is on a terminal.

    Example: mlops-iac new --team screening --env dev --blueprint tabular-batch
    """
    from mlops_iac.cli.console import is_interactive
    from mlops_iac.cli.environments import project_root
    from mlops_iac.scaffold.answers import Answers, check_answers
    from mlops_iac.scaffold.stack_file import new_stack
    from mlops_iac.scaffold.team_code import refuse_code, scaffold_options, write_team_code

    root, models = project_root(), options_models()
    given = {"team": team, "environment": env, "blueprint": blueprint, "region": region, "code": code}
    given |= {"security": security}
    known = {key: value for key, value in given.items() if value is not None}
    if missing(known, root):
        if json or not is_interactive():
            refuse(known, root)
        check_answers(known, tuple(models))
        known = ask_missing(known, root, tuple(models))
        owner = owner or ask_owner(root, tuple(models))
        scaffold = ask_scaffold(known, root) if scaffold is None else scaffold

    values = defaults(known, root) | known
    if not needs_code(values):
        refuse_unasked(code)
        values["code"] = ""
    answers = Answers(**values | {"code": tidy_code(values["code"], root)}, owner=owner)
    if scaffold:
        refuse_code(root, answers)
    path = new_stack(root, answers, models, scaffold_options(answers.blueprint) if scaffold else {})
    scripts = write_team_code(root, answers) if scaffold else []
    report(answers, path, root, scripts, json=json)


def refuse_unasked(code: str | None) -> None:
    """Raises UsageError for a folder of code that nothing would run."""
    from mlops_iac.core.errors import UsageError

    if code is not None:
        detail = f"Value given: --code {code}. The stack would have no place for it."
        raise UsageError("This blueprint runs no code.", detail, hint="leave --code out.")


def refuse(known: dict[str, str], root: Path) -> NoReturn:
    """Nobody can be asked: name every option that is missing."""
    from mlops_iac.core.errors import UsageError
    from mlops_iac.scaffold.answers import OPTIONS

    options = [OPTIONS[key] for key in missing(known, root)]
    raise UsageError(
        "Options are missing.",
        f"Not given, and without a default here: {', '.join(options)}.",
        hint=f"mlops-iac new {' '.join(f'{option} …' for option in options)}; on a terminal, `mlops-iac new` asks.",
    )


def report(answers: Answers, path: Path, root: Path, scripts: Sequence[Path], *, json: bool) -> None:
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.scaffold.schema_file import write_schema

    next_commands = [f"mlops-iac preview {answers.stack}", f"mlops-iac up {answers.stack}"]
    shown = path.relative_to(root).as_posix()
    try:
        write_schema(root, options_models())
    except MlopsError as error:
        # The stack file is there and works; only the editor's help is missing.
        say(f"note: {error}")
    if json:
        told = [script.as_posix() for script in scripts]
        more = {"scripts": told} if told else {}
        show_json({"stack": answers.stack, "file": shown, **more, "next": next_commands})
        return
    show(f"Wrote {shown}")
    if scripts:
        show(f"Wrote {answers.code}/: scripts, sample data, and a README.md that says what is what")
    if answers.code and not (root / answers.code).is_dir():
        say(
            f"note: {answers.code} does not exist yet; put the team's scripts there first: a preview looks for them. "
            "(With --scaffold, `mlops-iac new` writes some that run.)"
        )
    note_missing_interpreter(answers.blueprint)
    show("\nNext:\n" + "\n".join(f"  {command}" for command in next_commands))


def note_missing_interpreter(blueprint: str) -> None:
    """The Python that jobs need is worth a word before anything is deployed. Only defaults are known yet."""
    from mlops_iac.cli.console import say
    from mlops_iac.core.frameworks import frameworks_of
    from mlops_iac.core.interpreters import find_problem

    model = options_models()[blueprint]
    if any(field.is_required() for field in model.model_fields.values()):
        return
    problem = find_problem(frameworks_of(model()))
    if problem:
        say(f"note: {problem.detail} To run its jobs here: {problem.hint}")
