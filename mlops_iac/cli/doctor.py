"""``mlops-iac doctor``: what is missing before something fails for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, OptionalStackArgument

if TYPE_CHECKING:
    from mlops_iac.doctor.finding import Outcome
    from mlops_iac.doctor.subject import Built, Subject
    from mlops_iac.doctor.table import Line


def doctor(
    stack: OptionalStackArgument = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Check that everything is here that an environment needs; each line passes, warns or fails, and says the fix.

    Looks at this machine and the project; with STACK at what that environment needs; with --cloud aws at credentials,
    rights, quotas and offerings of the account. Changes nothing, starts nothing. Exits with 1 when a line fails.

    Example: mlops-iac doctor screening-dev --cloud aws
    """
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.core import exit_codes
    from mlops_iac.doctor.finding import Outcome
    from mlops_iac.doctor.table import examine, is_well

    color, lines = has_color(sys.stdout), []
    for line in examine(_subject(stack, cloud)):
        lines.append(line)
        if not json:
            show(render_line(line, color=color))
    if json:
        show_json({"stack": stack, "cloud": cloud.value, "ok": is_well(lines), "checks": list(map(line_json, lines))})
    else:
        say(_sum(lines, Outcome.FAIL, Outcome.WARN))
    if not is_well(lines):
        raise typer.Exit(exit_codes.ERROR)


def render_line(line: Line, *, color: bool) -> str:
    """``fail  quotas: VPCs in the region: …`` and the fix below it."""
    from mlops_iac.render.escape import cell
    from mlops_iac.render.style import Style

    found, style = line.finding, Style(color)
    paint = {"pass": "green", "warn": "yellow", "fail": "red"}[found.outcome.value]
    text = f"{style.paint(found.outcome.value, paint)}  {line.check}: {cell(found.says)}"
    return f"{text}\n      {style.paint('fix:', 'bold')} {cell(found.fix)}" if found.fix else text


def line_json(line: Line) -> dict[str, str]:
    found = line.finding
    return {"check": line.check, "outcome": found.outcome.value, "says": found.says, "fix": found.fix}


def _sum(lines: list[Line], *outcomes: Outcome) -> str:
    words = {"fail": "failed", "warn": "to be known"}
    counts = [
        f"{number} {words[outcome.value]}"
        for outcome in outcomes
        if (number := sum(line.finding.outcome is outcome for line in lines))
    ]
    return f"\n{len(lines)} lines: {', '.join(counts) or 'all is well'}."


def _subject(stack: str | None, cloud: CloudName) -> Subject:
    """Raises StackNotFound for a stack that there is no file of."""
    from mlops_iac.clients import Clients
    from mlops_iac.config.project import find_project, get_stack_path
    from mlops_iac.core.errors import UsageError
    from mlops_iac.doctor.subject import Subject

    try:
        root: Path | None = find_project(Path.cwd())
    except UsageError:
        if stack:
            raise
        root = None
    if root and stack:
        get_stack_path(root, stack)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    return Subject(
        root=root, stack=stack or "", cloud=cloud.value, connect=Clients.aws, build=_build, asked_region=region
    )


def _build(stack: str) -> Built:
    """What a preview says that the stack would have; no cloud is asked."""
    from mlops_iac.cli.environments import open_backend
    from mlops_iac.cli.operations import raise_if_stopped
    from mlops_iac.doctor.subject import Built, Resource
    from mlops_iac.engine.event import Op

    result = open_backend(stack).preview()
    raise_if_stopped(result)
    gone = (Op.DELETE, Op.DELETE_REPLACED)
    found = [
        Resource(step.type, (step.new or {}).get("inputs") or {})
        for step in result.steps
        if step.custom and step.op not in gone
    ]
    return Built(resources=found, outputs=result.outputs)
