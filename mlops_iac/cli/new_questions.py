"""What `mlops-iac new` asks a person, and what it takes where nobody is asked."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Callable
from pathlib import Path

from mlops_iac.cli.blueprint import options_models

QUESTIONS = {
    "team": "Team",
    "environment": "Environment",
    "blueprint": "Blueprint, by name or number",
    "region": "Region",
    "code": "Folder of the team's code",
    "security": "Security: sandbox, standard or regulated",
}
"""In the order they are asked."""

USUAL_BLUEPRINT = "tabular-batch"
"""Offered to a person, however many blueprints there are."""


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
    return [key for key in QUESTIONS if key not in answered and (key != "code" or needs_code(answered))]


def needs_code(answered: dict[str, str]) -> bool:
    """A blueprint that is not known is asked about first."""
    from mlops_iac.config.load import runs_code

    model = options_models().get(answered.get("blueprint", ""))
    return model is None or runs_code(model)


def ask_missing(known: dict[str, str], root: Path, blueprints: tuple[str, ...]) -> dict[str, str]:
    """Ask every open question, on stderr; each answer is checked as it is given. Enter takes the default."""
    from mlops_iac.cli.blueprint_question import shown
    from mlops_iac.cli.console import say

    answered = dict(known)
    for key, question in QUESTIONS.items():
        if key in answered or (key == "code" and not needs_code(answered)):
            continue
        if key == "blueprint":
            say(shown(blueprints))
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

    if not needs_code(known) or not has_scaffold(known["blueprint"]) or not is_open(root / known["code"]):
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
    from mlops_iac.cli.blueprint_question import named
    from mlops_iac.core.errors import UsageError
    from mlops_iac.scaffold.answers import check_answer

    tidied = {"code": lambda text: tidy_code(text, root), "blueprint": lambda text: named(text, blueprints)}

    def check(text: str) -> str:
        value = tidied.get(key, str)(text)
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
