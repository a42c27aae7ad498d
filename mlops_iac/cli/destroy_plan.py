"""Saved plans of `destroy`: what would be deleted, so that somebody else can stand behind it (`two_persons.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cli.options import CloudName

if TYPE_CHECKING:
    from mlops_iac.cli.ending import Ending

VERSION: Final = 1
KIND: Final = "destroy"


def save_destroy_plan(how: Ending, file: Path, cloud: CloudName) -> None:
    """Write what the operation would delete, and whose plan that is. Nothing is deleted."""
    from mlops_iac.cli.console import say
    from mlops_iac.cli.two_persons import sign_plan
    from mlops_iac.engine.state.files import write_asked_for

    stack = how.backend.stack
    deletes = would_delete(how)
    body = {"version": VERSION, "operation": KIND, "stack": stack, "keepData": how.keep_data, "deletes": deletes}
    write_asked_for(file, json.dumps(body, indent=1) + "\n")
    say(f"Wrote {file}: {len(deletes)} to delete. Nothing was destroyed.")
    sign_plan(file, how.backend.root, stack, cloud)


def with_plan(how: Ending, file: Path | None, cloud: CloudName) -> Ending:
    """The operation, with the two who stand behind its plan. Raises PlanError where two are asked for and are not
    there, and when something else would be deleted than the plan says."""
    from mlops_iac.cli.two_persons import about, second_of, wants_two

    backend = how.backend
    if file is None and not wants_two(backend.root, backend.stack):
        return how
    steps = (
        f"`destroy {backend.stack} --save-plan FILE`, somebody else's `plan approve FILE`, then "
        f"`destroy {backend.stack} --plan FILE`."
    )
    review = second_of(file, backend.root, backend.stack, steps, cloud)
    assert file is not None
    check_same(read_plan(file), how)
    if review is None:
        return how
    return replace(how, options=replace(how.options, actor={**how.options.actor, **about(review)}))


def would_delete(how: Ending) -> list[str]:
    from mlops_iac.cli.operations import raise_if_stopped

    preview = how.backend.destroy(preview=True, options=replace(how.options, refresh=False))
    raise_if_stopped(preview)
    return sorted(step.urn for step in preview.steps if str(step.op) == "delete")


def read_plan(file: Path) -> dict[str, Any]:
    """Raises PlanError for a file that is no plan of a destroy."""
    from mlops_iac.core.errors import PlanError
    from mlops_iac.core.strict_json import NotStrictJson, read_json_file

    try:
        body = read_json_file(file)
        if body["operation"] == KIND and body["version"] == VERSION and isinstance(body["deletes"], list):
            return dict(body)
        detail = f"{file} is a plan of another operation."
    except (OSError, NotStrictJson, KeyError, TypeError) as error:
        detail = f"{file} cannot be read as a plan of a destroy: {error}."
    raise PlanError("No plan to destroy.", detail, hint="`mlops-iac destroy STACK --save-plan FILE` writes one.")


def check_same(plan: dict[str, Any], how: Ending) -> None:
    from mlops_iac.core.errors import PlanError

    planned, now = set(plan["deletes"]), set(would_delete(how))
    kept = bool(plan.get("keepData"))
    if plan["stack"] == how.backend.stack and kept == how.keep_data and planned == now:
        return
    found = [*_told("would be deleted and is not in the plan", now - planned)]
    found += _told("is in the plan and would not be deleted", planned - now)
    if kept != how.keep_data:
        found.append(f"the plan was made with{'' if kept else 'out'} --keep-data")
    if plan["stack"] != how.backend.stack:
        found.append(f"the plan is {plan['stack']}'s")
    hint = "make the plan anew, and have it approved anew."
    raise PlanError("The plan is not what would be done.", "\n".join(found), hint=hint)


def _told(what: str, urns: Iterable[str]) -> list[str]:
    return [f"{_name(urn)} {what}" for urn in sorted(urns)]


def _name(urn: str) -> str:
    """Of what a plan says, which somebody may have written by hand."""
    from mlops_iac.core.urns import Urn

    try:
        return Urn.parse(urn).name
    except ValueError:
        return urn
