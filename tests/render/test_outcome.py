"""How an operation ended, in words: on failure the error stands last and says what to do."""

from __future__ import annotations

from mlops_iac.core.errors import Cancelled, CloudError, MlopsError, PlanError
from mlops_iac.engine.event import Op, Result, StepFailed
from mlops_iac.render.outcome import render_outcome
from tests.render.conftest import component, resource

BUCKET = resource("lake", "bucket")
REFUSED = CloudError(
    "Cloud refused a request.",
    "`lake-bucket` (aws:s3/bucket:Bucket): s3:CreateBucket answered BucketAlreadyExists: The name is taken.",
    resource="lake-bucket",
    call="s3:CreateBucket",
    code="BucketAlreadyExists",
)


def result(**fields) -> Result:
    steps = (component("lake"), BUCKET)
    return Result(**{"steps": steps, "changes": {"create": 3}, "outputs": {}, "seconds": 2.0, **fields})


def failed(error: Exception = REFUSED, **fields) -> Result:
    return result(outcome="failed", failures=(StepFailed(step=BUCKET, error=error, seconds=0.1),), **fields)


def test_success_is_one_line():
    assert render_outcome(result(), color=False) == "  3 created in 2.0 s"


def test_a_failure_tells_resource_layer_call_reason_and_what_to_do_at_the_very_end():
    left = (resource("flow", "machine").urn, resource("flow", "role").urn)
    assert render_outcome(failed(left=left), color=False).splitlines() == [
        "  3 created in 2.0 s; failed",
        "",
        "error: Creating lake-bucket (aws:s3/bucket:Bucket)",
        "  layer     lake",
        "  call      s3:CreateBucket",
        "  reason    BucketAlreadyExists: The name is taken.",
        "  done      3 created; all of it is recorded",
        "  not done  2 resources: flow-machine, flow-role",
        "  next      see to the reason, then `mlops-iac up a-dev` goes on from here.",
    ]


def test_the_command_that_goes_on_is_the_one_that_failed():
    deleting = StepFailed(step=resource("lake", "bucket", Op.DELETE), error=REFUSED, seconds=0.1)
    text = render_outcome(result(outcome="failed", failures=(deleting,), changes={}), color=False, verb="destroy")
    assert "error: Deleting lake-bucket" in text
    assert "  done      nothing" in text
    assert text.endswith("`mlops-iac destroy a-dev` goes on from here.")


def test_an_error_of_ours_keeps_its_parts():
    error = PlanError("A protected resource would be replaced.", "lake-bucket is protected.", hint="take it back.")
    lines = render_outcome(failed(error), color=False).splitlines()
    assert "  reason    A protected resource would be replaced." in lines
    assert "            lake-bucket is protected." in lines
    assert "  hint      take it back." in lines


def test_a_bug_in_a_handler_is_named_with_its_kind():
    assert "  reason    KeyError: 'x'" in render_outcome(failed(KeyError("x")), color=False)


def test_every_failure_is_told():
    failures = tuple(StepFailed(step=resource("lake", name), error=REFUSED, seconds=0.1) for name in ("a", "b"))
    text = render_outcome(result(outcome="failed", failures=failures), color=False)
    assert text.index("Creating lake-a") < text.index("Creating lake-b") < text.index("next")


def test_many_that_were_not_tried_are_counted():
    left = tuple(resource("flow", f"r{n}").urn for n in range(9))
    assert "9 resources: flow-r0, flow-r1, flow-r2, flow-r3, flow-r4 and 4 more" in render_outcome(
        failed(left=left), color=False
    )


def test_a_cancelled_operation_says_once_that_nothing_is_lost():
    kept = "What was in flight is finished and recorded."
    text = render_outcome(result(outcome="cancelled", error=Cancelled("Cancelled.", kept)), color=False)
    assert "3 created in 2.0 s; cancelled" in text
    assert text.count(kept) == 1
    assert "next      the next `up` goes on from here." in text


def test_what_stopped_the_operation_and_was_no_step_is_told_as_an_error():
    text = render_outcome(result(outcome="failed", error=MlopsError("The state is locked.", "By 12.")), color=False)
    assert text.endswith("error: The state is locked.\n  By 12.")


def test_on_a_terminal_long_reasons_are_broken_between_words_and_stand_under_each_other():
    error = CloudError("No.", "word " * 40)
    lines = render_outcome(failed(error), color=False, width=60).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  reason"))
    assert all(len(line) <= 60 for line in lines[at : at + 4])
    assert lines[at + 2].startswith(" " * 12 + "word")
    assert max(len(line) for line in render_outcome(failed(error), color=False).splitlines()) > 200
