"""``mlops-iac plan``: saved plans, and who stands behind them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.approve import AsOption
from mlops_iac.cli.auditing import MessageOption
from mlops_iac.cli.environments import project_root
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption

if TYPE_CHECKING:
    from mlops_iac.engine.deciding.plan_review import PlanReview

app = make_group("Saved plans: show who made and approved one, approve one.")

PlanArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The plan, as `preview --save-plan` wrote it.")]


@app.command("approve")
def approve_plan(
    file: PlanArgument,
    message: MessageOption = "",
    as_: AsOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Stand behind a plan that somebody else made, so that `up --plan` carries it out.

    What it would do is shown by whoever made it: `preview`, or the comment on the pull request.

    Example: mlops-iac plan approve plan.json --message "reviewed with the clinic"
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.two_persons import note_approval, open_review, signing_as
    from mlops_iac.engine.deciding.plan_review import write_review
    from mlops_iac.engine.state.record import now
    from mlops_iac.runs.audit import check_message

    check_message(message)
    root = project_root()
    review = open_review(file, root, cloud)
    with signing_as(root, review.stack, cloud, as_) as (signer, who):
        approved = signer.approve(review, who, now(), message)
    write_review(file, approved)
    note_approval(approved, cloud, message)
    if json:
        show_json(told(approved))
    else:
        say(f"Approved by {approved.approvals[-1].by}. Next: mlops-iac up {review.stack} --plan {file}")


@app.command("show")
def show_plan(file: PlanArgument, cloud: CloudOption = CloudName.EMBEDDED, json: JsonOption = False) -> None:
    """Show whose plan it is and who approved it; fails when it or its record was changed.

    Example: mlops-iac plan show plan.json
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.cli.two_persons import open_review

    review = open_review(file, project_root(), cloud)
    if json:
        show_json(told(review))
        return
    lines = [f"A plan of {review.stack}."]
    lines += [
        f"{word.what} by {word.by} at {word.at}" + (f': "{word.message}"' if word.message else "")
        for word in (review.made, *review.approvals)
    ]
    show("\n".join([*lines, "" if review.second else "Nobody else has approved it yet."]).rstrip())


def told(review: PlanReview) -> dict[str, Any]:
    return {
        "stack": review.stack,
        "made": {"by": review.made.by, "at": review.made.at},
        "approvals": [{"by": one.by, "at": one.at, "message": one.message} for one in review.approvals],
        "two_persons": review.second is not None,
    }
