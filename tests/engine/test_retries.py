"""Failures that pass are waited out, within bounds; refusals are not; nothing is made twice."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mlops_iac.core.errors import CloudError
from mlops_iac.core.refusals import THROTTLED
from mlops_iac.engine.doing.retrying import Patience, may_be_done, passes, retried
from tests.engine.conftest import Stack, errors
from tests.engine.programs import Thing


def failing(code: str, *, unsure: bool = False) -> CloudError:
    return CloudError("Cloud refused a request.", f"answered {code}", code=code, unsure=unsure)


class Fails:
    """Makes a call of the fake cloud fail a number of times, before or after it was carried out."""

    def __init__(self, stack: Stack, call: str, error: CloudError, times: int, *, done: bool = False) -> None:
        self.left, self.error, self.done = times, error, done
        handler = type(stack.cloud.handler("fake:index:Thing"))
        self.real = getattr(handler, call)

    def __call__(self, handler: Any, *arguments: Any) -> Any:
        if self.left and not self.done:
            self.left -= 1
            raise self.error
        answer = self.real(handler, *arguments)
        if self.left:
            self.left -= 1
            raise self.error
        return answer


@pytest.fixture
def fails(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(call: str, code: str, times: int, *, done: bool = False, unsure: bool = False) -> None:
        handler = type(stack.cloud.handler("fake:index:Thing"))
        fault = Fails(stack, call, failing(code, unsure=unsure), times, done=done)
        monkeypatch.setattr(handler, call, lambda *arguments: fault(*arguments))

    return install


PASSING = ["ThrottlingException", "SlowDown", "ServiceUnavailable", "500", "ConnectionClosedError", "ReadTimeoutError"]


@pytest.mark.parametrize("code", PASSING)
def test_a_failure_that_passes_is_waited_out(stack: Stack, fails: Any, code: str) -> None:
    fails("create", code, 2)
    assert stack.up(lambda: Thing("a", label="a")).outcome == "succeeded"
    assert set(stack.cloud.things) == {"a"}


@pytest.mark.parametrize("call", ["update", "delete", "read"])
def test_every_call_is_tried_again(stack: Stack, fails: Any, call: str) -> None:
    stack.up(lambda: Thing("a", label="a", size=1))
    fails(call, "Throttling", 2)
    run = {
        "update": lambda: stack.up(lambda: Thing("a", label="a", size=2)),
        "delete": stack.destroy,
        "read": stack.deployment.refresh,
    }
    assert run[call]().outcome == "succeeded"


def test_a_create_whose_answer_was_lost_is_looked_up_and_not_made_twice(stack: Stack, fails: Any) -> None:
    fails("create", "ConnectionClosedError", 1, done=True)
    assert stack.up(lambda: Thing("a", label="a", size=1)).outcome == "succeeded"
    assert stack.cloud.calls == [("create", "a"), ("find", "a")]
    assert stack.records()["a"].id == "a"
    assert stack.store.get("dev").pending == {}
    assert stack.up(lambda: Thing("a", label="a", size=1)).changes == {"same": 2}


def test_what_a_lost_create_left_unfinished_is_finished(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create of several calls: the first was carried out, the second was not."""
    handler = type(stack.cloud.handler("fake:index:Thing"))
    real, tries = handler.create, []

    def halfway(self: Any, scope: Any, inputs: Any) -> Any:
        tries.append(None)
        if len(tries) == 1:
            real(self, scope, {**inputs, "size": 0})
            raise failing("InternalFailure")
        return real(self, scope, inputs)

    monkeypatch.setattr(handler, "create", halfway)
    stack.up(lambda: Thing("a", label="a", size=5))
    assert stack.cloud.calls == [("create", "a"), ("find", "a"), ("update", "a")]
    assert stack.cloud.things["a"]["size"] == 5


def test_what_another_resource_of_the_stack_is_called_is_not_adopted(stack: Stack, fails: Any) -> None:
    stack.up(lambda: Thing("a", label="same"))
    fails("create", "ConnectionClosedError", 1)

    def two() -> None:
        Thing("a", label="same")
        Thing("b", label="same")

    assert "exists already" in errors(stack.up(two))[0]


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationException", "EntityAlreadyExists", "ResourceNotFound"])
def test_a_refusal_is_not_tried_again(stack: Stack, code: str) -> None:
    stack.cloud.fails["create", "a"] = failing(code)
    assert stack.up(lambda: Thing("a", label="a")).outcome == "failed"
    assert stack.cloud.calls == [("create", "a")]


def test_patience_ends_with_the_clouds_own_error_and_what_is_unsure_is_looked_up_next_time(
    stack: Stack, fails: Any
) -> None:
    fails("create", "InternalFailure", 99, unsure=True)
    result = stack.up(lambda: Thing("a", label="a"))
    assert "InternalFailure" in errors(result)[0]
    assert [pending.kind for pending in stack.store.get("dev").pending.values()] == ["creating"]


def test_after_the_tries_are_used_up_the_last_error_is_raised() -> None:
    tries: list[int] = []

    def call(number: int) -> None:
        tries.append(number)
        raise failing("Throttling")

    with pytest.raises(CloudError):
        retried(call, Patience(tries=3, first_wait=0.001), stopped=lambda: False)
    assert tries == [0, 1, 2]


def test_no_try_begins_after_the_overall_limit() -> None:
    tries: list[int] = []

    def call(number: int) -> None:
        tries.append(number)
        time.sleep(0.03)
        raise failing("Throttling")

    with pytest.raises(CloudError):
        retried(call, Patience(tries=1000, first_wait=0.001, longest_wait=0.001, limit=0.1), stopped=lambda: False)
    assert len(tries) < 10


def test_waits_are_random_and_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    for _ in range(30):
        with pytest.raises(CloudError):
            retried(_throttled, Patience(tries=4, first_wait=1.0), stopped=lambda: False)
    firsts, lasts = waits[0::3], waits[2::3]
    assert len(set(firsts)) == 30
    assert max(firsts) <= 2 < max(lasts) <= 8


def _throttled(number: int) -> None:
    raise failing("Throttling")


def test_ctrl_c_ends_the_waiting() -> None:
    tries: list[int] = []

    def call(number: int) -> None:
        tries.append(number)
        raise failing("Throttling")

    with pytest.raises(CloudError):
        retried(call, Patience(first_wait=0.001), stopped=lambda: True)
    assert tries == [0]


def test_codes_are_told_apart() -> None:
    assert all(passes(failing(code)) and not may_be_done(failing(code)) for code in THROTTLED)
    assert passes(failing("503"))
    assert may_be_done(failing("503"))
    assert not passes(failing("AccessDeniedException"))
    assert not passes(ValueError("x"))


def test_a_lost_answer_of_a_real_client_is_known_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's own exceptions, as the handlers turn them into errors."""
    from botocore.awsrequest import AWSResponse
    from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

    from mlops_iac.clients import Clients, Credentials
    from mlops_iac.cloud.handlers._api import Api

    clients = Clients.embedded("http://127.0.0.1:9", "eu-west-1", credentials=Credentials("id", "secret"), attempts=1)
    sends: list[Any] = []

    def answering(outcome: Any) -> CloudError:
        def send(request: Any, **_: Any) -> Any:
            sends.append(request)
            if isinstance(outcome, Exception):
                raise outcome
            return AWSResponse(request.url, outcome, {}, _Raw())

        client = clients("sqs")
        client.meta.events.register_first("before-send.sqs", send, unique_id="answer")
        try:
            Api(clients, "sqs", "aws:sqs/queue:Queue", "q")("CreateQueue", QueueName="q")
        except CloudError as error:
            return error
        finally:
            client.meta.events.unregister("before-send.sqs", unique_id="answer")
        raise AssertionError("the call was answered")

    lost = [ConnectionClosedError(endpoint_url="x"), ReadTimeoutError(endpoint_url="x"), 503, 500]
    assert [(passes(error), may_be_done(error)) for error in map(answering, lost)] == [(True, True)] * 4
    assert len(sends) == 4, "no request is sent twice by botocore itself"
    refused = answering(400)
    assert not passes(refused)


class _Raw:
    def stream(self, *_: Any, **__: Any) -> Any:
        yield b"{}"
