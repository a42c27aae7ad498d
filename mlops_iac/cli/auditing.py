"""What commands write down of what they did, and where the history of an environment that is gone is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.cli.environments import Opened
    from mlops_iac.core.audit import AuditEvent
    from mlops_iac.engine.deciding.options import Options

MessageOption = Annotated[
    str, typer.Option("--message", "-m", metavar="TEXT", help="Why; kept in the environment's history.")
]


def with_reason(options: Options, root: Path, message: str) -> Options:
    """Options of an operation that say who acts and why."""
    from dataclasses import replace

    from mlops_iac.runs.actor import read_actor
    from mlops_iac.runs.audit import check_message
    from mlops_iac.runs.person import person_here

    return replace(options, message=check_message(message), actor={"mlops-iac.by": person_here(), **read_actor(root)})


def write_down(opened: Opened, action: str, subject: str, message: str = "", *, result: str = "") -> None:
    """Add to the environment's log. It was done: that it could not be written down is said, and fails nothing."""
    from mlops_iac.cli.console import say
    from mlops_iac.core.errors import CloudError
    from mlops_iac.runs.actor import read_actor
    from mlops_iac.runs.audit import write_event

    about = read_actor(opened.root)
    try:
        write_event(
            opened.environment, opened.clients, action, subject=subject, message=message, result=result, about=about
        )
    except CloudError as error:
        say(f"It was done, and the environment's history does not tell of it: {error.detail}")


def ended_file(root: Path, stack: str) -> Path:
    """What was known of an environment when it was destroyed: a line of JSON for each event."""
    from mlops_iac.backends.embedded import HOME

    return root / HOME / "audit" / f"{stack}.jsonl"


def keep_events(root: Path, stack: str, events: Iterable[AuditEvent]) -> None:
    """Keep what would be lost with the environment on this machine. Raises StateError when it cannot be written."""
    from mlops_iac.core.audit import in_order
    from mlops_iac.engine.state.files import make_folder, write_file

    file = ended_file(root, stack)
    known = in_order([*read_ended(root, stack), *events])
    if known:
        make_folder(file.parent)
        write_file(file, "".join(f"{json.dumps(event.to_json())}\n" for event in reversed(known)))


def read_ended(root: Path, stack: str) -> list[AuditEvent]:
    """Lines that are no events are left out."""
    from mlops_iac.core.audit import AuditEvent
    from mlops_iac.core.strict_json import NotStrictJson, read_json

    try:
        lines = ended_file(root, stack).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for line in lines:
        try:
            found.append(AuditEvent.from_json(read_json(line)))
        except (NotStrictJson, KeyError, TypeError, AttributeError):
            continue
    return found


def collect_events(backend: Backend, limit: int) -> list[AuditEvent]:
    """What state and log tell of a deployed environment. Raises StackNotFound when it is not."""
    from mlops_iac.core.environment import Environment, is_complete
    from mlops_iac.runs.audit import read_events, state_events

    found = list(state_events(backend.history()))
    outputs = backend.outputs()
    if is_complete(outputs):
        found += read_events(Environment.from_outputs(outputs), backend.clients(quick=True), limit)
    return found
