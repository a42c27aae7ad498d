"""One command over all environments of the project, one after the other: each its outcome, and one exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.core import exit_codes

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_iac.core.errors import MlopsError
    from mlops_iac.engine.deciding.options import Options
    from mlops_iac.engine.event import Result

Act = Callable[[str], "tuple[Result, dict[str, Any]]"]

OPS: Final = {op: op for op in ("create", "update", "replace", "delete", "same")}
"""Op to the head of its column."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    stack: str
    body: dict[str, Any]
    """What the command prints of one environment with ``--json``."""
    code: int
    word: str
    """How it ended, for the table."""
    changes: dict[str, int] = field(default_factory=dict)


def stacks_to_do(root: Path, stack: str | None, *, all: bool) -> list[str]:
    """Those of --all, in the order of their names; else the one that is named, or selected. Raises UsageError."""
    from mlops_iac.cli.selected import get_selected
    from mlops_iac.config import list_stacks
    from mlops_iac.core.errors import UsageError

    if all and stack:
        detail = f"`{stack}` and --all were both given."
        raise UsageError("Two choices that exclude each other.", detail, hint="give one of them.")
    return list_stacks(root) if all else [stack or get_selected()]


def refuse_with_all(options: Options, event_log: Path | None = None) -> None:
    """Raise UsageError for what is about the resources of one environment."""
    from mlops_iac.core.errors import UsageError

    if options.names_resources or options.plan or event_log:
        detail = "--target, --exclude, --replace, --plan and --event-log are about one environment."
        raise UsageError("Two choices that exclude each other.", detail, hint="leave them out, or --all.")


def over_all(
    stacks: Sequence[str], act: Act, *, json: bool, expect_none: bool = False, columns: Mapping[str, str] = OPS
) -> None:
    """``act`` answers an operation's result and its JSON, or raises. An error of one keeps no other back.

    Leaves with the worst exit code: any error before 7, which says, with ``expect_none``, that something was changed.
    """
    import typer

    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.render.tables import render_table

    outcomes = []
    for stack in stacks:
        if not json:
            say(f"{'' if stack == stacks[0] else chr(10)}== {stack}")
        outcomes.append(do_one(stack, act, json=json, expect_none=expect_none))
    if json:
        show_json({"stacks": {one.stack: one.body for one in outcomes}})
    elif outcomes:
        rows = [(one.stack, *(str(one.changes.get(op) or "") for op in columns), one.word) for one in outcomes]
        say()
        show(render_table(("stack", *columns.values(), ""), rows, color=has_color(sys.stdout)))
    else:
        say("No environments yet. Make one: mlops-iac new")
    if code := worst([one.code for one in outcomes]):
        raise typer.Exit(code)


def do_one(stack: str, act: Act, *, json: bool, expect_none: bool) -> Outcome:
    from mlops_iac.cli.operations import exit_code_of
    from mlops_iac.core.errors import Cancelled, MlopsError

    try:
        result, body = act(stack)
    except Cancelled:
        raise
    except MlopsError as error:
        return Outcome(stack=stack, body=tell(error, json=json), code=error.exit_code, word=f"error: {error.summary}")
    if result.outcome != "succeeded":
        code = exit_code_of(result)
    else:
        code = exit_codes.CHANGES if expect_none and result.changed else exit_codes.OK
    return Outcome(stack=stack, body=body, code=code, word=result.outcome, changes=dict(result.changes))


def tell(error: MlopsError, *, json: bool) -> dict[str, Any]:
    from mlops_iac.cli.console import has_color, say
    from mlops_iac.render.errors import error_json, render_error

    if not json:
        say(render_error(error, color=has_color(sys.stderr)))
    return error_json(error)


def worst(codes: Sequence[int]) -> int:
    """Any error before 7, and of errors the highest."""
    errors = [code for code in codes if code not in (exit_codes.OK, exit_codes.CHANGES)]
    return max(errors or codes, default=exit_codes.OK)
