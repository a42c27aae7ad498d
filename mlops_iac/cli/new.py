"""``mlops-iac new``: write a stack file."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from mlops_iac.cli.blueprint import complete_blueprints, options_models
from mlops_iac.cli.options import JsonOption

if TYPE_CHECKING:
    from mlops_iac.scaffold.answers import Answers

QUESTIONS = {
    "team": "Team",
    "environment": "Environment",
    "blueprint": "Blueprint",
    "region": "Region",
    "code": "Folder of the team's code",
    "security": "Security: sandbox, standard or regulated",
}
"""In the order they are asked."""

USUAL_BLUEPRINT = "tabular-batch"
"""Offered to a person, however many blueprints there are."""


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
    from mlops_iac.scaffold.team_code import refuse_code, write_team_code

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
    answers = Answers(**values | {"code": tidy_code(values["code"], root)}, owner=owner)
    if scaffold:
        refuse_code(root, answers)
    path = new_stack(root, answers, models)
    scripts = write_team_code(root, answers) if scaffold else []
    report(answers, path, root, scripts, json=json)


def defaults(known: dict[str, str], root: Path) -> dict[str, str]:
    """Answers that may be left out: the company's own, and ours. The code folder has a default when the project holds
    an example of this team."""
    from mlops_iac.config.company import company_defaults
    from mlops_iac.config.names import check_team
    from mlops_iac.scaffold.answers import DEFAULT_REGION

    team = known.get("team", "")
    company = company_defaults(root, f"{team}-{known.get('environment', '')}")
    said = {key: company[key] for key in ("blueprint", "security") if isinstance(company.get(key), str)}
    found = {"region": DEFAULT_REGION, "security": "standard"} | said
    # The name is checked before it becomes a path.
    if not check_team(team) and (root / "examples" / team).is_dir():
        found["code"] = f"examples/{team}"
    return found


def missing(known: dict[str, str], root: Path) -> list[str]:
    """Questions without an answer and without a default."""
    answered = defaults(known, root) | known
    return [key for key in QUESTIONS if key not in answered]


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


def ask_missing(known: dict[str, str], root: Path, blueprints: tuple[str, ...]) -> dict[str, str]:
    """Ask every open question, on stderr; each answer is checked as it is given. Enter takes the default."""
    answered = dict(known)
    for key, question in QUESTIONS.items():
        if key in answered:
            continue
        default = defaults(answered, root).get(key) or suggestion(key, answered, blueprints)
        answered[key] = ask(question, default, checker(key, root, blueprints))
    return answered


def ask_owner(root: Path, blueprints: tuple[str, ...]) -> str | None:
    """Who is alerted. Nobody is an answer, but one that is given and not one that is forgotten."""
    question = "E-mail address that alerts and budget notices go to, or `none`"
    check = checker("owner", root, blueprints)
    answer = ask(question, "none", lambda text: text if text == "none" else check(text))
    return None if answer == "none" else answer


def ask_scaffold(known: dict[str, str], root: Path) -> bool:
    """Whether to write scripts into a code folder that is not there yet."""
    from mlops_iac.scaffold.team_code import has_scaffold, is_open

    if not has_scaffold(known["blueprint"]) or not is_open(root / known["code"]):
        return False
    question = f"Write scripts that run into {known['code']}, to begin with: yes or no"
    return ask(question, "yes", check_yes) in ("yes", "y")


def check_yes(text: str) -> str:
    from mlops_iac.core.errors import UsageError

    if text.lower() not in ("yes", "y", "no", "n"):
        raise UsageError("Answer yes or no.")
    return text.lower()


def ask(question: str, default: str | None, check: Callable[[str], str]) -> str:
    """Ask on stderr until the answer is allowed. Not `typer.prompt`: that one writes to stdout too."""
    from mlops_iac.cli.console import say, write
    from mlops_iac.core.errors import Cancelled, UsageError

    while True:
        write(sys.stderr, f"{question} [{default}]: " if default else f"{question}: ")
        line = sys.stdin.readline()
        if not line:
            say()
            raise Cancelled("Cancelled.", "Nothing was written.")
        answer = line.strip() or default
        if not answer:
            continue
        try:
            return check(answer)
        except UsageError as error:
            say(f"  {error.summary} {error.hint}".rstrip())


def suggestion(key: str, answered: dict[str, str], blueprints: tuple[str, ...]) -> str | None:
    """A default that is good enough to offer a person, and not good enough to take unasked."""
    if key == "blueprint":
        return USUAL_BLUEPRINT if USUAL_BLUEPRINT in blueprints else None
    return {"environment": "dev", "code": f"teams/{answered.get('team', '')}"}.get(key)


def checker(key: str, root: Path, blueprints: tuple[str, ...]) -> Callable[[str], str]:
    """What is called with each answer, and returns it tidied; UsageError when it is not allowed."""
    from mlops_iac.core.errors import UsageError
    from mlops_iac.scaffold.answers import check_answer

    def check(text: str) -> str:
        value = tidy_code(text, root) if key == "code" else text
        fault = check_answer(key, value, blueprints)
        if fault:
            raise UsageError(fault[0], hint=fault[1])
        return value

    return check


def tidy_code(code: str, root: Path) -> str:
    """The folder as it is written in a stack file: relative to the project's root, with forward slashes."""
    if os.path.isabs(code) and Path(code).is_relative_to(root):
        code = Path(code).relative_to(root).as_posix()
    return posixpath.normpath(code) if code else code


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
    if not (root / answers.code).is_dir():
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
