"""What a person answered, as a Callback step of SageMaker Pipelines keeps it: in its outputs, or in why it failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from mlops_iac.core.approvals import REJECTED, Answer
from mlops_iac.runs.run import StepStatus

LONGEST_REASON: Final = 256
"""Characters of FailureReason: SageMaker's API model."""

LONGEST_WAIT: Final = timedelta(days=7)
"""https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (Callback step)"""

Native = Mapping[str, Any]
"""One step as ListPipelineExecutionSteps tells it."""


def write_rejection(answer: Answer) -> str:
    """As much of it as SageMaker keeps: the reason is cut, never who and when."""
    told = answer.told
    text = _rejection(told)
    while len(text) > LONGEST_REASON and told["reason"]:
        kept = len(told["reason"]) - max(1, len(text) - LONGEST_REASON) - 1
        told["reason"] = f"{told['reason'][:kept]}…" if kept > 0 else ""
        text = _rejection(told)
    return text


def _rejection(told: Mapping[str, str]) -> str:
    return f"{REJECTED}: {json.dumps(told, ensure_ascii=False)}"


def find_answer(native: Native) -> Answer | None:
    """What a person answered; None for a step that nobody answered, or that asks nobody."""
    metadata = native.get("Metadata", {}).get("Callback")
    if metadata is None:
        return None
    start, rejection = f"{REJECTED}: ", native.get("FailureReason", "")
    if rejection.startswith(start):
        return Answer.parse(rejection.removeprefix(start), approved=False)
    outputs = {one["Name"]: one["Value"] for one in metadata.get("OutputParameters", ())}
    return Answer.read(outputs, approved=True)


def status_of_failure(native: Native) -> StepStatus:
    """Of a Callback step that failed: a person rejected, or nobody answered; else what asked did not work."""
    answer = find_answer(native)
    if answer is not None:
        return "refused"
    began, ended = native.get("StartTime"), native.get("EndTime")
    whole = began is not None and ended is not None and ended - began >= LONGEST_WAIT
    return "timed-out" if whole or "timed out" in native.get("FailureReason", "") else "failed"
