"""How an operation ended, as text: what was done, and on failure the error last, where people look."""

from __future__ import annotations

from mlops_iac.core.errors import MlopsError
from mlops_iac.engine.event import Result, StepFailed
from mlops_iac.render.errors import render_error
from mlops_iac.render.steps import render_changes
from mlops_iac.render.style import Style

DOING = {
    "create": "Creating",
    "update": "Updating",
    "delete": "Deleting",
    "refresh": "Refreshing",
    "read": "Reading",
}


def render_outcome(result: Result, *, color: bool) -> str:
    """One line when all went well; otherwise what was done, then each failure with its resource and reason."""
    style = Style(color)
    summary = f"  {render_changes(result.changes, color=color, done=True)} in {result.seconds:.1f} s"
    if result.outcome == "succeeded":
        return summary
    lines = [f"{summary}; {style.paint(result.outcome, 'red', 'bold')}"]
    lines += ["", *(_render_failure(failure, style) for failure in result.failures)]
    if result.error is not None:
        lines.append(_render_stop(result.error, color))
    if result.outcome == "cancelled":
        lines.append("What was in flight is finished and recorded. The next `up` continues.")
    elif result.failures:
        lines.append("What was done is recorded; the next `up` continues from here.")
    return "\n".join(lines)


def _render_failure(failure: StepFailed, style: Style) -> str:
    step, error = failure.step, failure.error
    doing = DOING.get(str(step.op), f"{step.op}:")
    head = f"{style.paint('error:', 'red', 'bold')} {doing} {style.paint(step.name, 'bold')} ({step.type})"
    if isinstance(error, MlopsError):
        body = "\n".join(f"  {line}" for line in str(error).splitlines())
    else:
        body = f"  {type(error).__name__}: {error}"
    return f"{head}\n{body}"


def _render_stop(error: Exception, color: bool) -> str:
    if isinstance(error, MlopsError):
        return render_error(error, color=color)
    wrapped = MlopsError("The program raised an exception.", f"{type(error).__name__}: {error}")
    return render_error(wrapped, color=color)
