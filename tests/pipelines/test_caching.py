"""``cache`` of a step, as each target has it."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.core.cache_keys import key_of
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.caching import Cache
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.describe import describe
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import Step
from tests.support.samples import SAMPLES

JOBS = ("baseline", "bias", "container", "evaluate", "explain", "processing", "training", "tune")
ZONES = {zone: f"{zone}/" for zone in ("raw", "curated", "features", "models")}


def changed(kind: str, **fields: Any) -> tuple[Pipeline, Step]:
    sample = SAMPLES[kind]()
    step = next(step for step in sample.steps if step.kind == kind)
    made = type(step)(**{**dict(step), **fields})
    return sample.model_copy(update={"steps": tuple(made if one is step else one for one in sample.steps)}), made


def facts(kind: str, **fields: Any) -> Any:
    pipeline, step = changed(kind, **fields)
    return next(one.facts for one in describe(pipeline, ZONES)["steps"] if one.name == step.name)["cache"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", JOBS)
def test_every_kind_of_job_may_be_taken_over_on_every_target(target: str, kind: str) -> None:
    pipeline, step = changed(kind, cache=True)
    text = str(get_target(target).compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1")))
    native = {
        "airflow": f'reused="{step.name}"',
        "step-functions": f"$.reuse.left.{step.name}",
        "sagemaker-pipelines": "'ExpireAfter': 'P30D'",
    }
    assert native[target] in text


def test_what_a_step_is_makes_its_key_and_not_how_it_is_done() -> None:
    same = facts("processing", cache=True)
    for fields in ({"timeout_minutes": 5}, {"retry": {"attempts": 1, "errors": ["limit"]}}, {"after": ()}):
        assert facts("processing", cache={"days": 30}, **fields) == same
    assert facts("processing", cache=True, environment={"A": "1"})["definition"] != same["definition"]
    assert facts("processing", cache={"days": 7})["days"] == 7


def test_a_cache_is_written_in_three_ways() -> None:
    assert changed("processing", cache=False)[1].cache is None  # type: ignore[attr-defined]
    assert changed("processing", cache=True)[1].cache == Cache(days=30)  # type: ignore[attr-defined]
    assert changed("processing", cache={"days": 3})[1].cache == Cache(days=3)  # type: ignore[attr-defined]


def test_what_is_no_cache_says_what_one_is() -> None:
    with pytest.raises(PipelineError) as refused:
        changed("processing", cache="yes")
    assert "how old it may be" in refused.value.problems[0].detail


def test_scores_of_the_champion_have_no_cache() -> None:
    with pytest.raises(PipelineError, match=r"definition is wrong"):
        changed("batch_transform", cache=True)


def test_a_key_has_no_order_of_names() -> None:
    assert key_of({"a": 1, "b": [1, 2]}) == key_of({"b": [1, 2], "a": 1})
    assert key_of([1], [2]) != key_of([1, 2])
