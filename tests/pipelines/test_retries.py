"""``retry`` and ``timeout_minutes`` of a step, as each target has them."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.step_functions.structure import all_states
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.retries import Retry
from mlops_iac.pipelines.steps import JobStep, Step
from tests.support.samples import SAMPLES

JOBS = ("batch_transform", "bias", "container", "map", "processing", "training", "tune")
AWS = Retry(attempts=3, interval_seconds=5, backoff=1.5, errors=("capacity", "limit"))


def changed(kind: str, **fields: Any) -> tuple[Pipeline, Step]:
    """The sample of a kind whose step says more."""
    sample = SAMPLES[kind]()
    step = next(step for step in sample.steps if step.kind == kind)
    made = type(step)(**{**dict(step), **fields})
    return sample.model_copy(update={"steps": tuple(made if one is step else one for one in sample.steps)}), made


def compiled(target: str, kind: str, **fields: Any) -> Any:
    pipeline, _ = changed(kind, **fields)
    return get_target(target).compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1"))


def own(document: Any, step: str) -> list[dict[str, Any]]:
    """Everything in a document that belongs to the step."""
    if "States" in document:
        return [state for name, state in all_states(document) if name.partition(":")[0] == step]
    return [one for one in document["Steps"] if one["Name"].partition("--")[0] == step]


@pytest.mark.parametrize("kind", JOBS)
def test_every_kind_of_job_can_be_tried_again_on_step_functions(kind: str) -> None:
    pipeline, step = changed(kind, retry=Retry(attempts=3, interval_seconds=5, backoff=1.5))
    document = get_target("step-functions").compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1"))
    (state,) = [one for one in own(document, step.name) if "States.ALL" in str(one.get("Retry"))]
    assert state["Retry"][-1] == {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 5,
        "MaxAttempts": 3,
        "BackoffRate": 1.5,
    }
    (name,) = [value for key, value in state["Parameters"].items() if key.endswith("JobName.$")]
    assert "$$.State.RetryCount" in name
    assert isinstance(step, JobStep)
    assert step.facts(lambda _: "models/")["name_limit"] <= step.longest_name - 3


def test_a_retrier_of_the_step_takes_the_place_of_the_usual_one() -> None:
    document = compiled("step-functions", "training", retry=Retry(attempts=1, errors=("limit",)))
    retriers = document["States"]["train"]["Retry"]
    assert [
        one["MaxAttempts"] for one in retriers if "SageMaker.ResourceLimitExceededException" in one["ErrorEquals"]
    ] == [1]
    assert len(retriers) == 2


def test_step_functions_cannot_tell_a_fault_inside_a_job_from_the_scripts() -> None:
    with pytest.raises(PipelineError, match="cannot do what a step asks for") as refused:
        compiled("step-functions", "training", retry=AWS)
    assert "`capacity`" in refused.value.detail
    assert compiled("step-functions", "training", retry=Retry(attempts=1, errors=("capacity", "job")))


@pytest.mark.parametrize("kind", JOBS)
def test_every_kind_of_job_has_retry_policies_on_sagemaker_pipelines(kind: str) -> None:
    pipeline, step = changed(kind, retry=AWS)
    document = get_target("sagemaker-pipelines").compile(
        pipeline, Bindings.placeholder("screening-dev", "eu-central-1")
    )
    policies = [one["RetryPolicies"] for one in own(document, step.name) if "RetryPolicies" in one]
    assert policies[-1][0] == {
        "ExceptionType": ["SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"],
        "IntervalSeconds": 5,
        "BackoffRate": 1.5,
        "MaxAttempts": 3,
    }
    named = [name for policy in policies[-1] for name in policy["ExceptionType"]]
    assert len(named) == len({*named})


@pytest.mark.parametrize(("errors", "told"), [((), "any failure"), (("job",), "`job`")])
def test_sagemaker_pipelines_has_no_word_for_a_failed_script(errors: Any, told: str) -> None:
    with pytest.raises(PipelineError, match="cannot do what a step asks for") as refused:
        compiled("sagemaker-pipelines", "training", retry=Retry(attempts=1, errors=errors))
    assert told in refused.value.detail


def test_a_tuning_job_begins_trainings_again_itself() -> None:
    with pytest.raises(PipelineError, match="cannot do what a step asks for"):
        compiled("sagemaker-pipelines", "tune", retry=Retry(attempts=1, errors=("internal",)))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", [kind for kind in JOBS if kind != "batch_transform"])
def test_a_time_limit_is_that_of_each_job(target: str, kind: str) -> None:
    assert "'MaxRuntimeInSeconds': 420" in str(compiled(target, kind, timeout_minutes=7))


def test_a_transform_has_a_time_limit_where_the_state_has_one() -> None:
    assert "'TimeoutSeconds': 420" in str(compiled("step-functions", "batch_transform", timeout_minutes=7))
    with pytest.raises(PipelineError, match="cannot do what a step asks for"):
        compiled("sagemaker-pipelines", "batch_transform", timeout_minutes=7)


def test_the_largest_job_is_one_with_its_time_limit() -> None:
    """What the role of an environment may ask for is read off here."""
    _, step = changed("processing", timeout_minutes=300)
    assert [one.max_minutes for one in step.jobs()] == [300]
    assert step.seconds == 300 * 60
    assert changed("processing", timeout_minutes=300, retry=AWS)[1].seconds == 4 * 300 * 60
