"""``mlops-iac up --all``: every environment in stacks/, in the order of their names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.cli.options import CloudName

if TYPE_CHECKING:
    from mlops_iac.engine.deciding.options import Options
    from mlops_iac.engine.event import Result


def up_all(
    root: Path,
    options: Options,
    cloud: CloudName,
    message: str,
    *,
    wait: int,
    yes: bool,
    plain: bool,
    expect_no_changes: bool,
    json: bool,
) -> None:
    """Each is checked as a whole before its first change, and waited for, if asked, while somebody else changes it.
    Leaves with the worst exit code of all."""
    from mlops_iac.cli.adopted import refuse_unfit
    from mlops_iac.cli.auditing import with_reason
    from mlops_iac.cli.console import has_color, say, width_of
    from mlops_iac.cli.environments import open_backend
    from mlops_iac.cli.everywhere import over_all
    from mlops_iac.cli.leaving import deployed, refuse_to_lose_runs
    from mlops_iac.cli.locked import refuse_to_delete_locked
    from mlops_iac.cli.operations import confirm, watch
    from mlops_iac.cli.two_persons import with_two
    from mlops_iac.cli.waiting import in_turn
    from mlops_iac.config import list_stacks
    from mlops_iac.render.outcome import render_outcome
    from mlops_iac.render.pulumi_json import operation_json

    stacks = list_stacks(root)
    told = with_reason(options, root, message)
    if stacks:
        confirm(f"Create or update {', '.join(stacks)}?", yes=yes, json=json)

    def act(stack: str) -> tuple[Result, dict[str, Any]]:
        backend = open_backend(stack, cloud)
        with_two(told, root, stack, cloud)
        standing = deployed(backend)
        refuse_to_lose_runs(backend, stack, standing)
        refuse_unfit(stack, cloud)
        refuse_to_delete_locked(backend, told, standing)
        result = in_turn(
            lambda: watch(lambda on_event: backend.up(on_event=on_event, options=told), json=json, plain=plain), wait
        )
        if not json:
            say(render_outcome(result, color=has_color(sys.stderr), verb="up", width=width_of(sys.stderr)))
        return result, operation_json(result)

    over_all(stacks, act, json=json, expect_none=expect_no_changes)
