"""``mlops-iac policy``: the rules that environments keep, and what they find."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import JsonOption, OptionalStackArgument

if TYPE_CHECKING:
    from mlops_iac.policy.finding import Report
    from mlops_iac.policy.policy import Policy

app = make_group("The rules that environments keep: list, show, check; a pack of them for Pulumi's own CLI.")


def complete_policies(incomplete: str) -> list[str]:
    """Shell completion of names; those of installed packages with them, and nothing of any is imported."""
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.policy.table import FAMILY

    try:
        return [name for name in FAMILY.sources() if name.startswith(incomplete)]
    except MlopsError:
        return []


@app.command("list")
def list_all(json: JsonOption = False) -> None:
    """List every policy with its severity: ours, those of installed packages, the company's own.

    Example: mlops-iac policy list
    """
    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.render.tables import render_table

    found = _everything()
    if json:
        show_json({"policies": [_to_json(policy, package) for policy, package in found]})
        return
    rows = [(policy.name, str(policy.severity), package or "", policy.wants) for policy, package in found]
    show(render_table(("NAME", "SEVERITY", "PACKAGE", ""), rows, color=has_color(sys.stdout)))


@app.command("show")
def show_one(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.", autocompletion=complete_policies)],
    json: JsonOption = False,
) -> None:
    """Show one policy: what it wants and why, whose advice it is, what to do, what breaks and what keeps it.

    Example: mlops-iac policy show s3-public-access
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.cli.policy_view import render_policy
    from mlops_iac.core.errors import UsageError
    from mlops_iac.core.suggestions import did_you_mean

    found = {policy.name: (policy, package) for policy, package in _everything()}
    if name not in found:
        hint = f"{did_you_mean(name, found)} `mlops-iac policy list` shows them all."
        raise UsageError("There is no such policy.", f"Value given: {name}.", hint=hint)
    policy, package = found[name]
    if json:
        show_json(_to_json(policy, package))
    else:
        show(render_policy(policy, package))


@app.command("pack")
def pack(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write it: a folder of the project.")],
    json: JsonOption = False,
) -> None:
    """Write a policy pack for Pulumi's own CLI, which asks the same policies by the same settings.

    `pulumi preview --policy-pack FOLDER` runs it, in the Python that `virtualenv` of its PulumiPolicy.yaml names.

    Example: mlops-iac policy pack policy-pack
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.policy.pack_files import write_pack

    files = [str(file) for file in write_pack(folder)]
    if json:
        show_json({"files": files})
    else:
        say(f"Wrote {', '.join(files)}. Next: pulumi preview --policy-pack {folder}")


@app.command("check")
def check(
    stack: OptionalStackArgument = None,
    all: Annotated[bool, typer.Option("--all", help="Every environment in stacks/.")] = False,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="What a `pulumi stack export` holds, instead of the program."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail for warnings, too.")] = False,
    sarif: Annotated[
        bool, typer.Option("--sarif", help="Print SARIF 2.1.0, which code hosts show beside the lines.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Ask every policy about an environment as its stack file has it now, or about an exported state.

    Needs no account and no network. Leaves with 5 when a policy refuses, or a waiver is past its date.

    Example: mlops-iac policy check screening-dev
    """
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.cli.policy_check import judge_all, judge_one, judge_state
    from mlops_iac.cli.policy_view import render_report
    from mlops_iac.core import exit_codes
    from mlops_iac.core.severity import Severity

    _refuse_nonsense(stack, all=all, state=state, sarif=sarif, json=json)
    if state is not None:
        reports = judge_state(state, stack)
    else:
        reports = judge_all() if all or stack is None else {stack: judge_one(stack)}
    if sarif:
        from mlops_iac.policy.sarif import render_sarif

        show_json(render_sarif(reports))
    elif json:
        bodies = {name: report.to_json() for name, report in reports.items()}
        show_json({"stacks": bodies} if all else {"stack": next(iter(bodies)), **next(iter(bodies.values()))})
    else:
        for name, report in reports.items():
            show(f"{f'{name}{chr(10)}' if all else ''}{render_report(report, color=has_color(sys.stdout))}\n")
        if not reports:
            say("No environments yet. Make one: mlops-iac new")
    if any(report.refuses or (strict and report.count(Severity.WARNING)) for report in reports.values()):
        raise typer.Exit(exit_codes.POLICY)


def _refuse_nonsense(stack: str | None, *, all: bool, state: Path | None, sarif: bool, json: bool) -> None:
    from mlops_iac.core.errors import UsageError

    if not all and stack is None and state is None:
        raise UsageError("Which environment?", "None was named.", hint="give the name of one, --all, or --state FILE.")
    if all and (stack or state):
        raise UsageError(
            "Two choices that exclude each other.",
            "--all asks about every environment in stacks/.",
            hint="leave it out, or the rest.",
        )
    if sarif and json:
        raise UsageError("Two choices that exclude each other.", "--sarif is JSON of its own.", hint="leave one out.")


def show_findings(report: Report | None) -> None:
    """After a preview: what policies say of it. Advice is for `policy check`."""
    from mlops_iac.cli.console import has_color, say
    from mlops_iac.cli.policy_view import render_report

    if report is not None:
        say(f"\n{render_report(report, color=has_color(sys.stderr), advice=False)}")


def _everything() -> list[tuple[Policy, str | None]]:
    """Every policy that this project is judged by, with the package or the folder that brings it; None for ours."""
    from mlops_iac.cli.environments import project_root
    from mlops_iac.core.errors import UsageError
    from mlops_iac.policy.table import FAMILY, policies
    from mlops_iac.program.policies import read_own

    sources = FAMILY.sources()
    found = [(policy, source.package if (source := sources[policy.name]) else None) for policy in policies()]
    with contextlib.suppress(UsageError):  # outside a project
        found += [(policy, "the company's folder") for policy in read_own(project_root())]
    return found


def _to_json(policy: Policy, package: str | None) -> dict[str, Any]:
    return {
        "name": policy.name,
        "wants": policy.wants,
        "why": policy.why,
        "severity": policy.severity.value,
        "byProfile": {profile: severity.value for profile, severity in policy.by_profile.items()},
        "types": list(policy.types),
        "remedy": policy.remedy,
        "setting": policy.setting or None,
        "sources": list(policy.sources),
        "parameters": {name: list(one) if isinstance(one, tuple) else one for name, one in policy.parameters.items()},
        "package": package,
    }
