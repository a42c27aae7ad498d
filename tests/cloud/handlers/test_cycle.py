"""Every handler goes through its whole life against the in-process cloud, with a minimal and a full example."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mlops_iac.core.errors import CloudError, NotEmulated
from mlops_iac.engine.values.value import UNKNOWN
from tests.cloud.handlers.conftest import CASES, SCOPE, Case, Lab

BOTH = [
    pytest.param(case, which, id=f"{case.name}-{which}") for case in CASES.values() for which in ("minimal", "full")
]
EACH = [pytest.param(case, id=case.name) for case in CASES.values()]
NAMED = "screening-dev-thing"


def inputs_of(lab: Lab, case: Case, which: str) -> dict[str, Any]:
    for need in case.needs:
        lab.made(need)
    return lab.provider.handler(case.type).check(SCOPE, NAMED, None, lab.filled(getattr(case, which)))


@pytest.mark.parametrize(("case", "which"), BOTH)
def test_what_was_created_is_read_changed_deleted_and_then_gone(lab: Lab, case: Case, which: str) -> None:
    handler = lab.provider.handler(case.type)
    inputs = inputs_of(lab, case, which)

    created = handler.create(SCOPE, inputs)
    assert created.id
    assert created.outputs["id"] == created.id
    assert said(case, created.outputs, inputs) == inputs

    seen = handler.read(SCOPE, created.id, created.outputs)
    assert seen is not None
    assert seen == created, "a read right after a create shows no drift"

    found = handler.find(SCOPE, inputs)
    assert found is None or found == created, "what is looked up is what was created"

    outputs = created.outputs
    if which == "full":
        outputs = change(lab, case, created.id, inputs, outputs)

    handler.delete(SCOPE, created.id, {**outputs, "forceDestroy": True})
    if not case.outlives:
        assert handler.read(SCOPE, created.id, outputs) is None
        assert handler.find(SCOPE, inputs) is None
    handler.delete(SCOPE, created.id, outputs)


def said(case: Case, outputs: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs of the inputs' names, without what the service filled in."""
    found = copy.deepcopy({key: outputs[key] for key in inputs})
    for path in case.fills:
        *above, last = path.split(".")
        inside: Any = found
        for word in above:
            inside = inside.get(word, {})
        inside.pop(last, None)
    return found


def change(lab: Lab, case: Case, id: str, old: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    handler = lab.provider.handler(case.type)
    asked = {**lab.filled(case.full), **lab.filled(case.update)}
    new = handler.check(SCOPE, NAMED, old, asked)
    changed = frozenset(key for key in {*old, *new} if old.get(key) != new.get(key))
    assert bool(changed) == bool(case.update)
    assert handler.replaces(SCOPE, old, new, changed) == frozenset()

    updated = handler.update(SCOPE, id, old, new, outputs)
    assert said(case, updated, new) == new
    assert not (old.keys() - new.keys()) & updated.keys()
    seen = handler.read(SCOPE, id, updated)
    assert seen is not None
    assert seen.outputs == updated, "a read right after an update shows no drift"
    return updated


@pytest.mark.parametrize("case", EACH)
def test_a_second_create_does_what_aws_does(lab: Lab, case: Case) -> None:
    handler = lab.provider.handler(case.type)
    inputs = inputs_of(lab, case, "full")
    first = handler.create(SCOPE, inputs)
    try:
        if case.second == "refused":
            with pytest.raises(CloudError) as refusal:
                handler.create(SCOPE, inputs)
            assert refusal.value.summary == "Cloud refused a request."
        else:
            again = handler.create(SCOPE, inputs)
            handler.delete(SCOPE, again.id, {**again.outputs, "forceDestroy": True})
    finally:
        handler.delete(SCOPE, first.id, {**first.outputs, "forceDestroy": True})


@pytest.mark.parametrize("case", EACH)
def test_the_fullest_create_makes_as_many_requests_as_it_says(lab: Lab, case: Case) -> None:
    handler: Any = lab.provider.handler(case.type)
    inputs = inputs_of(lab, case, "full")
    lab.requests.clear()
    created = handler.create(SCOPE, inputs)
    requests = list(lab.requests)
    handler.delete(SCOPE, created.id, {**created.outputs, "forceDestroy": True})
    assert len(requests) == handler.create_calls, requests


@pytest.mark.parametrize("case", EACH)
def test_a_preview_checks_inputs_that_are_not_known_yet(case: Case) -> None:
    from mlops_iac.cloud.provider import EmbeddedProvider

    handler = EmbeddedProvider(None).handler(case.type)
    unknown = dict.fromkeys(case.full, UNKNOWN)
    checked = handler.check(SCOPE, NAMED, None, unknown)
    assert {key: checked[key] for key in unknown} == unknown


@pytest.mark.parametrize("case", EACH)
def test_an_input_that_nobody_honours_is_refused_by_name(case: Case) -> None:
    from mlops_iac.cloud.provider import EmbeddedProvider

    handler = EmbeddedProvider(None).handler(case.type)
    unknown = dict.fromkeys(case.full, UNKNOWN)
    with pytest.raises(NotEmulated, match=r"Not emulated yet\.") as refusal:
        handler.check(SCOPE, NAMED, None, {**unknown, "sparkleMode": "on"})
    assert f"{case.type}.sparkleMode" in refusal.value.detail
