"""A run in full as text, with what was recorded when it started."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlops_iac.cli.data import render_size
from mlops_iac.cli.run_view import render_run
from mlops_iac.core.prices import dated

if TYPE_CHECKING:
    from mlops_iac.runs.cost import Cost
    from mlops_iac.runs.details import Details
    from mlops_iac.runs.git import GitState
    from mlops_iac.runs.record import RunRecord

SHOWN = 3
"""Changed files that are named; `--json` has more."""


def render_details(details: Details, *, color: bool) -> str:
    return render_run(details.run, color=color, more=facts(details))


def facts(details: Details) -> Iterator[tuple[str, str]]:
    if details.behind.serves:
        yield "serves", ", ".join(details.behind.serves)
    if details.behind.shadows:
        yield "shadow of", ", ".join(details.behind.shadows)
    if details.tracking is not None:
        yield "tracking", render_tracking(details.tracking)
    if details.cost.steps:
        yield "cost", render_cost(details.cost)
    if details.record is None:
        yield "record", "none: something else than `mlops-iac run` started it"
        return
    yield "started by", details.record.started_by
    if details.record.retries:
        yield "retries", details.record.retries
    yield "commit", render_git(details.record.git)
    for name, summary in details.record.data.items():
        yield f"data of {name}" if len(details.record.data) > 1 else "objects", render_data(summary)
    yield "packages", render_packages(details.record)


def render_tracking(tracking: dict[str, Any]) -> str:
    """``mlflow: experiment screening-dev-training, run 0f3a…``"""
    if not tracking:
        return "not logged yet: that is done when a run is over, and the tracker's log says what went wrong"
    run = tracking.get("run_id") or tracking.get("trial_component")
    return f"{tracking.get('kind')}: experiment {tracking.get('experiment')}, run {run}"


def render_cost(cost: Cost) -> str:
    """``0.0123 USD by the list prices of 2023 to 2026-11``"""
    unknown = f"not known for {', '.join(cost.unpriced)}" if cost.unpriced else ""
    known = f"{cost.dollars:.4f} USD by the list prices of {dated()}" if len(cost.unpriced) < len(cost.steps) else ""
    return "; ".join(part for part in (known, unknown) if part)


def render_git(git: GitState | None) -> str:
    if git is None:
        return "none: the code is in no git repository"
    at = f"{git.commit[:12]}{f' on {git.branch}' if git.branch else ''}"
    if git.dirty is None:
        return f"{at}, perhaps changed: there was no git to ask"
    if not git.dirty:
        return at
    rest = len(git.changed) - SHOWN
    return f"{at}, changed: {', '.join(git.changed[:SHOWN])}{f' and {rest} more' if rest > 0 else ''}"


def render_data(summary: object) -> str:
    """``3 objects, 1.2 KiB, version 9f86d081884c7d65``"""
    told = summary if isinstance(summary, dict) else {}
    count, size = told.get("objects", 0), told.get("bytes", 0)
    at_least = "" if told.get("complete") else "more than "
    version = f"version {told.get('digest')}{' (as was asked for)' if told.get('copies') else ''}"
    return f"{at_least}{count:,} object{'' if count == 1 else 's'}, {render_size(size)}, {version}"


def render_packages(record: RunRecord) -> str:
    return f"{len(record.packages)} of {record.framework}, {record.platform}"
