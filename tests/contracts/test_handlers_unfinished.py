"""Every handler's create is cut at every one of its calls: nothing it has made is forgotten, and an update makes of it
what an undisturbed create would have made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.doing.unfinished import finish, takes_several_calls
from mlops_iac.engine.handler import Created, Unfinished
from tests.cloud.conftest import cloud, start_cloud
from tests.cloud.handlers.conftest import CASES, SCOPE, Case, Lab, installs

__all__ = ["cloud", "installs", "start_cloud"]


MADE_AT = re.compile(r"(?<=<name>-)\d{10}(?=/data)")
"""When a feature group was made, in the name of its folder."""


class Line:
    """Lies between the handlers and the cloud: notes the calls, and cuts one of them."""

    def __init__(self, cloud: Any) -> None:
        self.calls: list[str] = []
        self.answers: list[tuple[str, Any]] = []
        self._cloud, self._clients = cloud, dict[tuple[str, str], Any]()
        self._cut: int | None = None
        self._lost = False

    def __call__(self, region: str) -> Any:
        return lambda service: self._client(region, service)

    def _client(self, region: str, service: str) -> Any:
        if (region, service) not in self._clients:
            client = self._clients[region, service] = self._cloud.clients(region)(service)
            client.meta.events.register("before-call", self._before)
            client.meta.events.register("after-call", self._after)
        return self._clients[region, service]

    @contextmanager
    def cut(self, number: int, *, lost: bool) -> Iterator[None]:
        """The call of this number is refused, or carried out and its answer lost."""
        self.calls.clear()
        self._cut, self._lost = number, lost
        try:
            yield
        finally:
            self._cut = None

    def _before(self, model: Any, **_: Any) -> Any:
        self.calls.append(model.name)
        return None if self._lost or not self._is_cut() else (Answer(403), failure(403, "AccessDenied"))

    def _after(self, http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if self._lost and self._is_cut():
            http_response.status_code = 500
            parsed.clear()
            parsed.update(failure(500, "InternalFailure"))
        self.answers.append((model.name, {key: value for key, value in parsed.items() if key != "ResponseMetadata"}))

    def _is_cut(self) -> bool:
        return self._cut == len(self.calls) - 1


class Answer:
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


def failure(status: int, code: str) -> dict[str, Any]:
    return {
        "Error": {"Code": code, "Message": "cut by the test"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
    }


@pytest.fixture(scope="module")
def line(cloud: Any) -> Line:
    return Line(cloud)


@pytest.fixture(scope="module")
def lab(line: Line) -> Lab:
    return Lab(line)


@pytest.mark.parametrize("which", ["minimal", "full"])
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES.values()])
def test_a_create_that_is_cut_anywhere_is_finished_by_what_follows(
    lab: Lab, line: Line, case: Case, which: str
) -> None:
    handler = lab.provider.handler(case.type)
    for need in case.needs:
        lab.made(need)
    asked = handler.check(SCOPE, "screening-dev-thing", None, lab.filled(getattr(case, which)))
    fresh = (named(handler, asked, number) for number in count())
    one = see(line, handler, handler.create(SCOPE, next(fresh)))
    line.calls.clear()
    other = handler.create(SCOPE, next(fresh))
    calls = list(line.calls)
    expected = Expected(one, see(line, handler, other))
    for number, call in enumerate(calls):
        for lost in (False, True):
            made = create_cut(line, handler, next(fresh), number, lost=lost)
            differs = expected.differs(see(line, handler, made))
            assert not differs, f"{call} {'was lost' if lost else 'was refused'}: {differs}"


def named(handler: Any, inputs: dict[str, Any], number: int) -> dict[str, Any]:
    """The inputs with a name that nothing had before: the cloud may remember what is gone."""
    name = inputs.get(handler.name_input)
    return {**inputs, handler.name_input: f"{name}-{number}"} if name else inputs


def create_cut(line: Line, handler: Any, inputs: dict[str, Any], number: int, *, lost: bool) -> Created:
    """What the engine comes to."""
    with line.cut(number, lost=lost), pytest.raises(CloudError) as raised:
        handler.create(SCOPE, inputs)
    if isinstance(raised.value, Unfinished):
        return finish(handler, SCOPE, raised.value.made, begun_with=inputs, inputs=inputs)
    found: Created | None = handler.find(SCOPE, inputs) if raised.value.unsure else None
    if found and takes_several_calls(handler, inputs):
        return finish(handler, SCOPE, found, begun_with=inputs, inputs=inputs)
    if found:
        return found
    was_made = raised.value.unsure and raised.value.call.endswith(f":{handler.create_op}")
    assert not was_made or handler.upserts or not handler.name_input, "what has a name is found by it"
    made: Created = handler.create(SCOPE, inputs)
    return made


def see(line: Line, handler: Any, made: Created) -> dict[str, Any]:
    """All that the cloud answers to a read, and what the handler makes of it, by place. Then it is deleted."""
    line.answers.clear()
    found = handler.read(SCOPE, made.id, made.outputs)
    assert found == made, "a read shows no drift"
    name = made.outputs.get(handler.name_input) or made.id
    seen = {
        place: MADE_AT.sub("<time>", value.replace(name, "<name>")) if isinstance(value, str) else value
        for place, value in leaves([made.outputs, *line.answers])
    }
    handler.delete(SCOPE, made.id, {**made.outputs, "forceDestroy": True})
    return seen


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from leaves(item, f"{place}[{number}]")
    else:
        yield place, value


class Expected:
    """What two undisturbed creates leave: where they differ it is a matter of chance or of time. The zone of a subnet
    is drawn by lot from three."""

    def __init__(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        assert one.keys() == other.keys()
        self._leaves = {
            place: value
            for place, value in one.items()
            if value == other[place] and not is_time(value) and "availabilityzone" not in place.lower()
        }
        self._places = one.keys()

    def differs(self, seen: dict[str, Any]) -> dict[str, Any]:
        strange = dict.fromkeys(self._places ^ seen.keys(), ("there or not",))
        return strange or {place: (value, seen[place]) for place, value in self._leaves.items() if seen[place] != value}


def is_time(value: Any) -> bool:
    return isinstance(value, datetime) or (isinstance(value, int | float) and value > 1e9)
