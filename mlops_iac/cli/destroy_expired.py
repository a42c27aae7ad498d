"""``mlops-iac destroy --expired``: the sweeper, for CI. What is protected is never expired, and never swept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.cli.options import CloudName

if TYPE_CHECKING:
    from mlops_iac.cli.ending import Ended, Ending
    from mlops_iac.core.errors import MlopsError


def destroy_expired(how: Ending, cloud: CloudName, message: str, *, yes: bool) -> None:
    """One after the other; a failure of one keeps no other back. Leaves with the worst exit code."""
    import typer

    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.cli.operations import confirm
    from mlops_iac.core import exit_codes
    from mlops_iac.core.errors import MlopsError

    stacks = find_expired(project_root(), cloud)
    if not how.json:
        say(f"Expired: {', '.join(stacks)}." if stacks else "Nothing is expired.")
    if stacks:
        confirm(f"Destroy {', '.join(stacks)}, with all their data and models?", yes=yes, json=how.json)
    bodies, worst = {}, exit_codes.OK
    for stack in stacks:
        try:
            ended = end_one(how, stack, cloud, message or "expired, and swept by `destroy --expired`")
            body, code = body_of(ended)
        except MlopsError as error:
            body, code = told_error(error, json=how.json), error.exit_code
        bodies[stack], worst = body, max(worst, code)
    if how.json:
        show_json({"stacks": bodies})
    if worst:
        raise typer.Exit(worst)


def find_expired(root: Path, cloud: CloudName) -> list[str]:
    """Deployed ones whose end is over. A stack file that cannot be read ends nothing."""
    from mlops_iac.cli.standing import read_standing
    from mlops_iac.cli.status import stacks_of

    now = datetime.now(UTC)
    found = (read_standing(root, stack, cloud) for stack in stacks_of(root))
    return [one.stack for one in found if one.is_deployed and one.error is None and one.is_expired(now)]


def end_one(how: Ending, stack: str, cloud: CloudName, message: str) -> Ended:
    from mlops_iac.cli.auditing import with_reason
    from mlops_iac.cli.console import say
    from mlops_iac.cli.destroy_plan import with_plan
    from mlops_iac.cli.ending import told
    from mlops_iac.cli.environments import open_backend

    backend = open_backend(stack, cloud)
    one = with_plan(how.of(backend, with_reason(how.options, backend.root, message)), None, cloud)
    one.foresee(yes=True)
    ended = one.carry_out()
    if not how.json:
        say(told(one, ended))
    return ended


def body_of(ended: Ended) -> tuple[dict[str, Any], int]:
    from mlops_iac.cli.ending import told_json
    from mlops_iac.cli.operations import exit_code_of
    from mlops_iac.core import exit_codes
    from mlops_iac.render.pulumi_json import operation_json

    body = {**operation_json(ended.result), **told_json(ended)}
    if ended.result.outcome != "succeeded":
        return body, exit_code_of(ended.result)
    return body, exit_codes.ERROR if ended.left and ended.left.found else exit_codes.OK


def told_error(error: MlopsError, *, json: bool) -> dict[str, Any]:
    import sys

    from mlops_iac.cli.console import has_color, say
    from mlops_iac.render.errors import error_json, render_error

    if not json:
        say(render_error(error, color=has_color(sys.stderr)))
    return error_json(error)
