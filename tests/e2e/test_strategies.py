"""Each strategy as a team uses it, one after the other on one endpoint, and the way back from each."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.e2e.test_deployments import answers, deliver, endpoint, wait_baking
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.nightly

PIPELINE = """
extends: training
steps:
  deploy: {poll_seconds: 1, strategy: STRATEGY}
"""
INSTANCES = """
serving: {flavour: realtime, instance_count: 2}
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp("strategies") / "project"
    files = {"training": PIPELINE.replace("STRATEGY", "{kind: all-at-once}")}
    with tiny_environment(folder, request.param, files, blueprint="realtime-inference", options=INSTANCES) as made:
        deliver(made, "first")
        made.run("run", "tiny-dev", "training", "--follow")
        yield made


def start(project: TinyEnvironment, answer: str, strategy: str) -> None:
    """A run that deploys the team's next model by this strategy."""
    file = project.folder / "examples/tiny/pipelines/training.yaml"
    file.write_text(PIPELINE.replace("STRATEGY", strategy))
    project.run("up", "tiny-dev", "--yes")
    deliver(project, answer)
    project.run("run", "tiny-dev", "training")


def bake(project: TinyEnvironment) -> None:
    """Let each of a deployment's waits pass, as it comes."""
    for _ in range(600):
        found = endpoint(project)
        if found["EndpointStatus"] == "InService":
            return
        variants = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
        if variants and variants[0]["VariantStatus"][0]["Status"] == "Baking":
            project.run("cloud", "advance", "21m")
        time.sleep(0.2)
    raise AssertionError(found)


def roles(project: TinyEnvironment) -> dict[str, list[int]]:
    """What is behind the endpoint: role to versions, oldest first."""
    models = json.loads(project.run("models", "tiny-dev", "--json"))["models"]
    return {role: sorted(one["version"] for one in models if one[role]) for role in ("serves", "shadows")}


@pytest.mark.parametrize(
    ("strategy", "shares"),
    [
        ("{kind: linear, percent: 50, bake_minutes: 20}", (4, 4)),
        ("{kind: rolling, percent: 50, bake_minutes: 20}", (4, 4)),
    ],
)
def test_requests_come_to_the_new_model_step_by_step(
    project: TinyEnvironment, strategy: str, shares: tuple[int, int]
) -> None:
    (before,) = answers(project, 1)
    name = strategy.split()[1].strip(",")
    start(project, name, strategy)
    wait_baking(project)
    assert answers(project, 8) == {before: shares[0], name: shares[1]}
    bake(project)
    project.run("runs", "watch", "tiny-dev", "last")
    assert answers(project, 4) == {name: 4}
    project.run("rollback", "tiny-dev", "--yes")
    assert answers(project, 4) == {before: 4}
    project.run("rollback", "tiny-dev", "--to", "last", "--yes")


def test_a_shadow_answers_nobody_is_called_a_shadow_and_goes_with_a_rollback(project: TinyEnvironment) -> None:
    (before,) = answers(project, 1)
    serving = roles(project)["serves"]
    start(project, "shadow", "{kind: shadow, percent: 100}")
    project.run("runs", "watch", "tiny-dev", "last")
    assert answers(project, 6) == {before: 6}
    (shadow,) = endpoint(project)["ShadowProductionVariants"]
    assert shadow["VariantName"] == "shadow"
    newest = max(one["version"] for one in json.loads(project.run("models", "tiny-dev", "--json"))["models"])
    assert roles(project) == {"serves": serving, "shadows": [newest]}
    listed = project.run("runs", "tiny-dev").splitlines()
    assert listed[1].endswith("shadow"), listed
    assert sum(line.endswith("serves") for line in listed) == 1
    assert "shadow of" in project.run("models", "show", "tiny-dev", str(newest))
    told = json.loads(project.run("rollback", "tiny-dev", "--yes", "--json"))
    assert (told["version"], told["beside"]) == (serving[0], [newest])
    assert roles(project) == {"serves": serving, "shadows": []}
    assert not endpoint(project).get("ShadowProductionVariants")
    assert answers(project, 4) == {before: 4}


def test_two_models_share_the_requests_until_one_is_chosen(project: TinyEnvironment) -> None:
    (before,) = answers(project, 1)
    serving = roles(project)["serves"]
    start(project, "challenger", "{kind: weights, percent: 25}")
    project.run("runs", "watch", "tiny-dev", "last")
    assert answers(project, 8) == Counter({before: 6, "challenger": 2})
    both = roles(project)["serves"]
    assert (both[0], len(both)) == (serving[0], 2)
    project.run("rollback", "tiny-dev", "--yes")
    assert answers(project, 4) == {before: 4}
    assert roles(project)["serves"] == serving
    project.run("rollback", "tiny-dev", "--to", str(both[1]), "--yes")
    assert answers(project, 4) == {"challenger": 4}, "the challenger is chosen"


def test_a_canary_is_rolled_back_when_it_is_over_and_not_while_it_bakes(project: TinyEnvironment) -> None:
    (before,) = answers(project, 1)
    start(project, "canary", "{kind: canary, percent: 50, bake_minutes: 20}")
    wait_baking(project)
    project.refused("rollback", "tiny-dev", "--yes", code=1, says=("is being changed",))
    project.run("cloud", "advance", "21m")
    project.run("runs", "watch", "tiny-dev", "last")
    assert answers(project, 4) == {"canary": 4}
    project.run("rollback", "tiny-dev", "--yes")
    assert answers(project, 4) == {before: 4}


def test_nothing_is_left_of_it(project: TinyEnvironment) -> None:
    project.run("destroy", "tiny-dev", "--yes")
