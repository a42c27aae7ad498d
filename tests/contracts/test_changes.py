"""The law of changes: a deployed stack follows every change of every option, there and back.

`test_options.py` asks the program alone; here each change is an `up` on the embedded cloud, followed by a preview that
must find nothing left to do, and at the end `destroy` leaves nothing. One stack per blueprint lives through all of
them.

With every change of this repository: one by one, the questions whose answers decide which resources there are; all
other questions at once. The nightly run takes every question by itself, and every ordered pair of its answers.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.blueprints import BLUEPRINTS, get_blueprint, get_options_model
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.testing.contracts.variants import Variants, merge
from tests.components.world import PROFILES
from tests.contracts.test_options import CASES, stands_alone
from tests.support.flows import flow_text
from tests.support.living import Living
from tests.support.tiny_team import write_another_pipeline

pytestmark = pytest.mark.slow

MOST = 3
"""Answers of one question that are tried with every change of this repository; the nightly run takes all."""

Answers = list[dict[str, Any]]

SETTINGS: dict[str, list[Any]] = {
    "security": list(PROFILES),
    "tags": [{}, {"cost": "a"}, {"cost": "b", "floor": "1"}],
    "owner": [None, "a@example.org", "b@example.org"],
    "protect": [False, True],
}
"""What a stack file says besides the options."""

ENDPOINT = "urn:pulumi:tiny-dev::mlops-iac::mlops-iac:index:Endpoint::endpoint"
"""One thing in every flavour: another type would be another resource under the same names."""

LOOSE = {"protect": False}
"""A stack that is not protected is one that may change freely."""


@pytest.fixture(params=BLUEPRINTS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Living]:
    living = Living(tmp_path, request.param)
    code, own = living.root / "examples/tiny", CASES[request.param].code
    for name, text in own.items():
        (code / name).parent.mkdir(exist_ok=True)
        (code / name).write_text(text)
    for prefix in ("other-", "other_"):  # what `Variants` makes of the scripts' names
        for script in sorted(code.glob("*.py")):
            script.with_name(prefix + script.name).write_bytes(script.read_bytes())
    if "flow.py" in own:
        (code / "a.py").write_text(flow_text("Another"))
    else:
        write_another_pipeline(code)
    yield living
    living.stop()


def test_a_stack_follows_the_changes_of_its_options(stack: Living) -> None:
    model, contexts = known(stack)
    base, ends = contexts[0], [ENDPOINT] if "serving" in get_blueprint(stack.blueprint).layers else []
    few = [answers[:MOST] for answers in alternatives(model, base)]
    shared = questions_of_another(stack.blueprint)
    own = [answers for answers in few if any(difference(base, options).keys() - shared for options in answers)]
    for answers in (contexts[: 1 if shared else None], *deciding(stack.blueprint, own)):
        for options in there_and_back(answers):
            stack.become(options, LOOSE)
            assert [urn for urn in stack.urns() if urn.endswith("::endpoint")] == ends
    for options in all_changed_at_once(stack.blueprint, model, base):
        stack.become(options, LOOSE)
    if stack.blueprint == next(iter(BLUEPRINTS)):  # they are the foundation's, which all blueprints share
        others = {name: values[1] for name, values in SETTINGS.items() if name != "security"}
        for settings in there_and_back([{}, others, *({"security": profile} for profile in SETTINGS["security"])]):
            stack.become({}, {**LOOSE, **settings})
    stack.destroy()


def test_machines_that_cannot_be_changed_in_place_are_replaced_before_the_old_ones_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another strategy, and in another region: the queue is led to the new ones, so that the old ones are free."""
    from mlops_iac.components.compute import batch_pools

    living, options = Living(tmp_path, "tabular-batch"), {"batch": {"enabled": True}}
    living.become(options, LOOSE)
    client = living.cloud.clients("eu-west-1")("batch")
    before = environments_of(client)
    monkeypatch.setitem(batch_pools.STRATEGY, "on_demand", "BEST_FIT")
    living.settle()
    after = environments_of(client)
    assert {name for name in before if before[name] != after[name]} == {"cpu-on-demand", "gpu-on-demand"}
    orders = [queue["computeEnvironmentOrder"] for queue in client.describe_job_queues()["jobQueues"]]
    assert {order["computeEnvironment"].rpartition("/")[2] for each in orders for order in each} == set(after.values())

    monkeypatch.undo()
    living.settle()
    for region in ("eu-central-1", "eu-west-1"):
        living.become(options, {**LOOSE, "aws:region": region})
    living.destroy(regions=("eu-west-1", "eu-central-1"))
    living.stop()


def test_machines_whose_strategy_nothing_can_change_follow_a_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a strategy that AWS never updates in place."""
    from mlops_iac.components.compute import batch_pools

    monkeypatch.setitem(batch_pools.STRATEGY, "on_demand", "BEST_FIT")
    living, options = Living(tmp_path, "tabular-batch"), {"batch": {"enabled": True}}
    for region in ("eu-west-1", "eu-central-1", "eu-west-1"):
        living.become(options, {**LOOSE, "aws:region": region})
    living.destroy(regions=("eu-west-1", "eu-central-1"))
    living.stop()


def test_a_region_change_that_fails_half_way_is_taken_back_with_nothing_lost(tmp_path: Path) -> None:
    """The lake waits to be deleted by then, and a bucket of its name cannot be made."""
    living = Living(tmp_path, "tabular-batch")
    living.become({}, LOOSE)
    s3 = living.cloud.clients("eu-west-1")("s3")
    (lake,) = [each["Name"] for each in s3.list_buckets()["Buckets"] if "lake" in each["Name"]]
    s3.put_object(Bucket=lake, Key="raw/kept.csv", Body=b"1")

    def refuse(call: Call) -> None:
        if call.region == "eu-central-1":
            raise AwsError("StateMachineLimitExceeded", "The maximum number of state machines was reached.")

    living.cloud.server.gateway.before("stepfunctions", "CreateStateMachine", refuse)
    with pytest.raises(AssertionError, match="StateMachineLimitExceeded"):
        living.become({}, {**LOOSE, "aws:region": "eu-central-1"})
    living.become({}, LOOSE)
    assert s3.get_object(Bucket=lake, Key="raw/kept.csv")["Body"].read() == b"1"
    living.destroy(regions=("eu-west-1", "eu-central-1"))
    living.stop()


def environments_of(client: Any) -> dict[str, str]:
    """Pool and way of buying to the physical name of what is there."""
    names = [one["computeEnvironmentName"] for one in client.describe_compute_environments()["computeEnvironments"]]
    return {name.removeprefix("tiny-dev-batch-").rpartition("-")[0]: name for name in names}


@pytest.mark.nightly
def test_a_stack_follows_every_change_of_every_option(stack: Living) -> None:
    model, contexts = known(stack)
    base = contexts[0]
    for name, values in SETTINGS.items():
        for value in walk(values):
            stack.become(base, {**LOOSE, name: value})
    for answers in (contexts, *alternatives(model, base), *single_changes(stack.blueprint, model, base)):
        for options in walk(answers):
            stack.become(options, LOOSE)
    stack.destroy()


def known(stack: Living) -> tuple[Variants, Answers]:
    """A blueprint's options, and the contexts that it takes: the first one asks for the most."""
    model = Variants(get_options_model(stack.blueprint))
    return model, [context for context in CASES[stack.blueprint].contexts if model.takes(context)]


def questions_of_another(blueprint: str) -> set[str]:
    """What another blueprint asks as well, whose options this one's extend: its own stack goes through them."""
    mine = get_options_model(blueprint)
    parents = (get_options_model(other) for other in BLUEPRINTS if other != blueprint)
    return {name for parent in parents if issubclass(mine, parent) for name in parent.model_fields}


def there_and_back(answers: list[Any]) -> list[Any]:
    """From the first answer to each other one, and back."""
    first, *rest = answers
    return [first, *(step for other in rest for step in (other, first))]


def walk(answers: list[Any]) -> list[Any]:
    """From each answer to each other one: every ordered pair once."""
    first, *rest = answers
    tour = [first]
    for index, other in enumerate(rest):
        tour += [*(walk(rest) if index == 0 else [other]), first]
    return tour


def test_a_walk_takes_every_ordered_pair_once() -> None:
    assert sorted(pairwise(walk(list("abcd")))) == sorted((one, two) for one in "abcd" for two in "abcd" if one != two)


def alternatives(model: Variants, base: Mapping[str, Any]) -> list[Answers]:
    """Of each question that offers alternatives, the options with each answer."""
    found: dict[str, Answers] = defaultdict(list)
    for name, given in model.valid().items():
        path = name.rpartition("=")[0]
        asked = [made for made in (merge(base, given), {**base, **given}) if model.takes(made) and stands_alone(made)]
        options = next(iter(asked), None)
        if path and options and comes_and_goes(options) and options not in found[path]:
            found[path].append(options)
    return [answers for answers in found.values() if len(answers) > 1]


def comes_and_goes(options: Mapping[str, Any]) -> bool:
    """What is locked cannot be taken away again, as `tests/e2e/test_retention.py` has it; the account's own role for
    logs is one that another environment has set."""
    return not options.get("retention") and (options.get("api") or {}).get("log_role") != "account"


def deciding(blueprint: str, questions: list[Answers]) -> list[Answers]:
    """Those whose answers decide which resources there are."""

    def made(options: dict[str, Any]) -> set[str]:
        """Nothing for options that need a file of the team's, such as the pipeline that another comes after."""
        found = CASES[blueprint].built("standard", options)
        return {made.urn for made in found[0].resources} if found else set()

    return [answers for answers in questions if any(made(one) != made(other) for one, other in pairwise(answers))]


def single_changes(blueprint: str, model: Variants, base: Mapping[str, Any]) -> Iterator[Answers]:
    """Every question, down to the last number and word, with the base's answer and the first few others."""
    whole = model.whole(base)
    for answers in model.changed(base).values():
        took = [options for options in answers if _is_run(blueprint, options)]
        if took:
            yield [whole, *took[: MOST - 1]]


def all_changed_at_once(blueprint: str, model: Variants, base: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Options in which every question is answered otherwise, then once more, and then as it was."""
    whole = model.whole(base)
    for number in range(MOST - 1):
        changed = whole
        for answers in (*alternatives(model, base), *model.changed(base).values()):
            for options in answers[number : number + 1]:
                attempt = merge(changed, difference(whole, options))
                changed = attempt if _is_run(blueprint, attempt) else changed
        assert changed != whole
        yield changed
    yield whole


def _is_run(blueprint: str, options: dict[str, Any]) -> bool:
    """Whether the embedded cloud would take them: what one machine cannot do, or no pipeline can say, is refused."""
    if not CASES[blueprint].takes("standard", options):
        return False
    parsed = get_options_model(blueprint).model_validate_json(json.dumps(options), strict=True)
    return not list(getattr(parsed, "not_embedded", ()))


def difference(before: Any, after: Mapping[str, Any]) -> dict[str, Any]:
    """What is other in the second, with the way there; what is switched on or off is left out."""
    before = before if isinstance(before, Mapping) else {}
    return {
        key: difference(before.get(key), value) if isinstance(value, Mapping) and before.get(key) else value
        for key, value in after.items()
        if before.get(key) != value and not isinstance(value, bool)
    }
