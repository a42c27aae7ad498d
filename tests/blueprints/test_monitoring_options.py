"""The option `monitoring`: what it adds, and what is refused before anything is built."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from mlops_iac.blueprints.parts.monitoring_pipeline import check_baselines, monitoring, with_baseline
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import MonitorStep
from mlops_iac.pipelines.triggers import find_faults

REALTIME = {"flavour": "realtime"}


def read(serving: dict[str, Any] = REALTIME, **asked: Any) -> TabularBatchOptions:
    """As the stack file's loader reads them."""
    given = {"serving": serving, "monitoring": asked}
    return TabularBatchOptions.model_validate_json(json.dumps(given), strict=True)


def pipelines(**asked: Any) -> tuple[Pipeline, Pipeline]:
    options = read(**asked)
    assert options.monitoring is not None
    return with_baseline(training(options), options.monitoring), monitoring(options.monitoring)


def test_no_model_serves_before_its_baseline_is_there() -> None:
    trained, _ = pipelines(label="ill", ignore=["id"])
    assert trained.needs(trained.get_step("deploy")) == ("register", "baseline")
    assert trained.get_step("baseline").ignore == ("ill", "id")  # type: ignore[attr-defined]


def test_a_pipeline_of_one_step_looks_at_set_times() -> None:
    _, watching = pipelines(schedule="rate(1 hour)", drift={"measure": "js", "at_most": 0.1})
    (step,) = watching.steps
    assert isinstance(step, MonitorStep)
    assert (step.measure, step.at_most, step.quality) == ("js", 0.1, None)
    assert watching.triggers["watch"].when == "rate(1 hour)"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("serving", "asked", "told"),
    [
        ({"flavour": "serverless"}, {}, "no data capture for serverless endpoints"),
        ({"flavour": "async"}, {}, "lie in the lake already"),
        (REALTIME, {"schedule": "every day"}, "it is no schedule"),
        (REALTIME, {"timezone": "Mars"}, "time zone"),
        (REALTIME, {"capture": {"percent": 0}}, "greater than or equal to 1"),
        (REALTIME, {"ignore": ["a,b"]}, "no comma"),
        (REALTIME, {"quality": {"metric": "auc", "at_least": 0.9, "at_most": 1}}, "say only one of"),
        (REALTIME, {"quality": {"metric": "beauty"}}, "accuracy"),
        (REALTIME, {"bias": {"groups": ["sex"]}}, "say `label` too: `bias` begins with rows that have one"),
        (REALTIME, {"explain": {}}, "say `label` too: `explain`"),
        (REALTIME, {"label": "ill", "bias": {"groups": []}}, "at least 1 item"),
        (REALTIME, {"label": "ill", "bias": {"groups": ["a,b"]}}, "should match pattern"),
        (REALTIME, {"label": "ill", "explain": {"at_least": 1.5}}, "less than or equal to 1"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_the_reason(
    serving: dict[str, Any], asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        read(serving, **asked)


def test_a_model_without_a_baseline_is_refused() -> None:
    _, watching = pipelines()
    with pytest.raises(PipelineError) as refused:
        check_baselines((training(read()), watching))
    assert refused.value.pipeline == "training"
    assert "no step of this pipeline makes one" in str(refused.value)


WATCHED: dict[str, Any] = {"label": "ill", "bias": {"groups": ["sex"], "at_most": 0.2}, "explain": {"at_least": 0.8}}


def test_no_model_serves_before_it_is_known_how_it_treats_groups_and_what_it_depends_on() -> None:
    trained, watching = pipelines(**WATCHED)
    assert trained.needs(trained.get_step("deploy")) == ("register", "baseline", "bias", "explain")
    (step,) = watching.steps
    assert isinstance(step, MonitorStep)
    assert step.baselines == {"baseline": "baseline", "bias": "bias", "explain": "explain"}
    assert json.loads(step.arguments()["bias"]) == {"at_most": 0.2, "groups": ["sex"], "positive": "1"}
    assert json.loads(step.arguments()["explain"]) == {"at_least": 0.8, "rows": 200}


@pytest.mark.parametrize("kind", ["bias", "explain"])
def test_what_is_watched_and_never_measured_at_the_training_is_refused(kind: str) -> None:
    trained, watching = pipelines(**WATCHED)
    steps = tuple(
        step.model_copy(update={"after": ("baseline",)}) if step.name == "deploy" else step
        for step in trained.steps
        if step.name != kind
    )
    with pytest.raises(PipelineError, match=f"a step `{kind}` of kind {kind}, or leave out `monitoring.{kind}`"):
        check_baselines((trained.model_copy(update={"steps": steps}), watching))


def test_a_drift_trigger_without_an_alarm_needs_the_option() -> None:
    options = TabularBatchOptions.model_validate({"triggers": {"again": {"kind": "drift"}}})
    (fault,) = find_faults((training(options),))
    assert (fault.trigger, fault.field) == ("again", "alarm")
    assert "set the option `monitoring`" in fault.hint
    assert list(find_faults((training(options), pipelines()[1]))) == []


def test_a_monitor_takes_nothing_over_from_runs_before() -> None:
    with pytest.raises(PipelineError, match="no `cache`"):
        MonitorStep(name="watch", cache=True)
    with pytest.raises(PipelineError, match="leave out `compute`"):
        MonitorStep(name="watch", compute="batch")
