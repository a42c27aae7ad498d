"""Results and steps as JSON of the shape the Pulumi CLI prints, so that tools that read one read the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import CloudError
from mlops_iac.core.exceptions import explain
from mlops_iac.engine.deciding.diff import top_level
from mlops_iac.engine.event import Diagnostic, Result, Step, StepFailed
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.engine.values.value import UNKNOWN, Secret
from mlops_iac.render.errors import error_json
from mlops_iac.render.stateful import losses


def plain(value: Any) -> Any:
    """A value as JSON, with secrets as ``[secret]``, and Pulumi's own text for what is not known."""
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def reasons(step: Step) -> list[str]:
    """The inputs in which a step's resource differs: ``tags`` for ``tags.owner`` and ``tags["a.b"]``."""
    return sorted({top_level(path) for path in step.diff})


def step_json(step: Step) -> dict[str, Any]:
    """One element of ``steps``."""
    fields: dict[str, Any] = {"op": str(step.op), "urn": step.urn}
    if step.provider:
        fields["provider"] = step.provider
    if step.old is not None:
        fields["oldState"] = plain(step.old)
    if step.new is not None:
        fields["newState"] = plain(step.new)
    if step.replace_reasons:
        fields["replaceReasons"] = list(step.replace_reasons)
    if step.diff:
        fields["diffReasons"] = reasons(step)
    fields["detailedDiff"] = (
        {path: {"kind": diff.kind, "inputDiff": True} for path, diff in step.diff.items()} if step.diff else None
    )
    return fields


def result_json(result: Result, *, unchanged: bool = False, diagnostics: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """The object of ``preview --json``.

    Unchanged resources are left out, the stack itself excepted, as Pulumi does. Ours is `losses`, which comes first.
    """
    lost = [loss.to_json() for loss in losses(result.steps)]
    steps = [step_json(step) for step in result.steps if unchanged or step.op != "same" or step.type == urns.STACK_TYPE]
    return {
        **({"losses": lost} if lost else {}),
        "config": dict(result.config),
        "steps": steps,
        **({"diagnostics": [_diagnostic_json(told) for told in diagnostics]} if diagnostics else {}),
        "duration": round(result.seconds * 1_000_000_000),
        "changeSummary": dict(result.changes),
        **({"policy": result.policy.to_json()} if result.policy is not None else {}),
    }


def _diagnostic_json(told: Diagnostic) -> dict[str, str]:
    return {**({"urn": told.urn} if told.urn else {}), "message": told.message, "severity": told.severity}


def _failure_json(failure: StepFailed) -> dict[str, Any]:
    error = failure.error
    refused = {"call": error.call, "code": error.code} if isinstance(error, CloudError) else {}
    return {
        "urn": failure.step.urn,
        "op": str(failure.step.op),
        **{key: value for key, value in refused.items() if value},
        **error_json(explain(error)),
    }


def operation_json(result: Result) -> dict[str, Any]:
    """What ``up --json``, ``destroy --json`` and ``refresh --json`` print: a preview's object, and how it ended."""
    failures = [_failure_json(failure) for failure in result.failures]
    body = result_json(result)
    body["result"] = result.outcome
    body["outputs"] = plain(result.outputs)
    if failures:
        body["failures"] = failures
    if result.left:
        body["notDone"] = list(result.left)
    if result.error is not None:
        body |= error_json(explain(result.error))
    return body
