"""What a person answered, as far as SageMaker keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mlops_iac.core.approvals import Answer
from mlops_iac.runs.runners.sagemaker_callbacks import (
    LONGEST_REASON,
    find_answer,
    status_of_failure,
    write_rejection,
)

BY = "arn:aws:sts::123456789012:assumed-role/" + "r" * 64 + "/" + "s" * 64
START = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_rejection_is_kept_with_as_much_of_its_reason_as_fits() -> None:
    for reason in ("no", "ü" * 50, '"' * 900, "x" * 1000):
        text = write_rejection(Answer(approved=False, by=BY, at="2026-11-21T08:15:30Z", reason=reason))
        assert len(text) <= LONGEST_REASON
        found = find_answer({"Metadata": {"Callback": {}}, "FailureReason": text})
        assert found is not None
        assert (found.approved, found.by, found.at) == (False, BY, "2026-11-21T08:15:30Z")
        assert reason.startswith(found.reason.removesuffix("…"))


def test_a_callback_that_failed_was_rejected_or_late_or_broke() -> None:
    native = {"Metadata": {"Callback": {}}, "StartTime": START, "EndTime": START + timedelta(hours=1)}
    rejected = write_rejection(Answer(approved=False, by="anna", at="2026-11-21T08:15:30Z"))
    assert status_of_failure({**native, "FailureReason": rejected}) == "refused"
    assert status_of_failure({**native, "FailureReason": "AccessDenied"}) == "failed"
    assert status_of_failure({**native, "EndTime": START + timedelta(days=7), "FailureReason": "?"}) == "timed-out"
    assert find_answer({"Metadata": {"Condition": {}}}) is None
