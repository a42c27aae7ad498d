"""A cloud that refuses one request in the middle of an `up`: what is told, what is kept, and how it goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.gateway import AwsError
from mlops_iac.engine.event import Result
from mlops_iac.render.outcome import render_outcome
from tests.backends.conftest import STACK, Cloud


@pytest.fixture
def failed(backend: EmbeddedBackend, cloud: Cloud) -> Result:
    refusing = [True]
    cloud.server.gateway.before("sns", "CreateTopic", refuse_when(refusing))
    result = backend.up()
    refusing.clear()
    return result


def refuse_when(flag: list[bool]) -> Callable[[object], None]:
    def refuse(call: object) -> None:
        if flag:
            raise AwsError("TopicLimitExceeded", "You have 100000 topics.", 403)

    return refuse


def test_a_refusal_is_told_with_its_call_and_the_next_up_goes_on(failed, backend):
    (failure,) = failed.failures
    assert (failure.step.name, failure.error.call, failure.error.code) == (
        "alerts-topic", "sns:CreateTopic", "TopicLimitExceeded",
    )  # fmt: skip
    assert failed.outcome == "failed"
    done = {step.urn for step in failed.steps if step.op == "create"} - {failure.step.urn}
    assert failed.left
    assert not done & set(failed.left), "what was done is not left"

    lines = render_outcome(failed, color=False).splitlines()
    at = lines.index("error: Creating alerts-topic (aws:sns/topic:Topic)")
    assert lines[at + 1 : at + 4] == [
        "  layer     alerts",
        "  call      sns:CreateTopic",
        "  reason    TopicLimitExceeded: You have 100000 topics.",
    ]
    assert f"  not done  {len(failed.left)} resources: " in "\n".join(lines)
    assert lines[-1] == f"  next      see to the reason, then `mlops-iac up {STACK}` goes on from here."

    again = backend.up()
    assert again.outcome == "succeeded"
    assert again.left == ()
    assert again.changes["same"] == failed.changes["create"], "what was made before the failure is not made again"


def test_a_destroy_that_is_refused_names_what_it_did_not_try_and_goes_on(backend, cloud):
    refusing = [True]
    cloud.server.gateway.before("sns", "DeleteTopic", refuse_when(refusing))
    stopped = backend.destroy()
    assert [failure.step.name for failure in stopped.failures] == ["alerts-topic"]
    assert stopped.left, [r.name for r in backend.store.read(STACK)[0]]
    assert "Deleting alerts-topic" in render_outcome(stopped, color=False, verb="destroy")
    refusing.clear()
    again = backend.destroy()
    assert (again.outcome, again.left) == ("succeeded", ())
    assert len(list(backend.store.read(STACK)[0])) == 0
