"""A team's own code, as AWS's samples are written: paths, arguments, environment, several channels, shared work."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions
from mlops_iac.core.errors import MlopsError
from mlops_iac.pipelines.steps import ProcessingStep


def build(**options):
    pipeline = training(TabularBatchOptions.model_validate({"gate": {"at_least": 0.9}, **options}))
    return {step.name: step for step in pipeline.steps}


def places(step: ProcessingStep) -> dict[str, str]:
    return {
        **{name: step.path("input", name) for name in step.inputs},
        **{f"-> {name}": step.path("output", name) for name in step.outputs},
    }


def test_samples_paths_are_those_of_awss_samples():
    steps = build(steps={name: {"paths": "samples"} for name in ("validate", "prepare", "evaluate")})
    assert places(steps["validate"])["data"] == "/opt/ml/processing/input"
    assert places(steps["prepare"]) == {
        "data": "/opt/ml/processing/input",
        "-> train": "/opt/ml/processing/train",
        "-> test": "/opt/ml/processing/test",
    }
    assert places(steps["evaluate"]) == {
        "model": "/opt/ml/processing/model",
        "test": "/opt/ml/processing/test",
        "-> evaluation": "/opt/ml/processing/evaluation",
    }


def test_a_path_an_argument_and_a_variable_reach_the_step():
    called = {
        "paths": {"train": "/opt/ml/processing/made/train"},
        "arguments": {"train-test-split-ratio": 0.3},
        "environment": {"SEED": "7"},
    }
    step = build(steps={"prepare": called})["prepare"]
    assert places(step)["-> train"] == "/opt/ml/processing/made/train"
    assert places(step)["-> test"] == "/opt/ml/processing/output/test"
    assert (step.arguments, step.environment) == ({"train-test-split-ratio": "0.3"}, {"SEED": "7"})


def test_a_training_script_can_have_three_channels():
    steps = build(channels=["train", "validation", "test"])
    assert set(steps["train"].channels) == {"train", "validation", "test"}
    assert set(steps["prepare"].outputs) == {"train", "test", "validation"}
    assert set(build()["prepare"].outputs) == {"train", "test"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": {"prepare": {"paths": {"trian": "/opt/ml/processing/t"}}}}, "`paths` names `trian`"),
        ({"steps": {"prepare": {"paths": {"train": "/opt/ml/processing/output/test"}}}}, "shares its folder"),
        ({"steps": {"prepare": {"paths": {"data": "/opt/ml/processing/input/code"}}}}, "taken by the packed code"),
        ({"instances": {"prepare": {"instance_count": 2}}}, "2 instances would all do the same work"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_made(options, words):
    with pytest.raises(MlopsError) as refused:
        build(**options)
    assert words in str([problem.detail for problem in refused.value.problems])


@pytest.mark.parametrize("path", ["/tmp/x", "/opt/ml/processing", "/opt/ml/processing/../x", "/opt/ml/model"])
def test_a_path_outside_the_processing_folder_is_refused(path):
    with pytest.raises(ValidationError):
        build(steps={"prepare": {"paths": {"train": path}}})


def test_an_input_that_a_step_has_not_cannot_be_shared_out():
    with pytest.raises(ValidationError, match=r"steps\.evaluate\.share"):
        build(steps={"evaluate": {"share": ["data"]}})


def test_several_instances_share_the_named_input_and_copy_the_others():
    from mlops_iac.pipelines.compile import jobs

    step = build(instances={"prepare": {"instance_count": 2}}, steps={"prepare": {"share": ["data"]}})["prepare"]
    assert jobs.input_place(step, "data")["S3DataDistributionType"] == "ShardedByS3Key"
    assert "S3DataDistributionType" not in jobs.input_place(step, "code")


def test_a_training_over_several_machines_is_told_as_what_the_embedded_cloud_has_not():
    options = TabularBatchOptions.model_validate({"instances": {"train": {"instance_count": 20}}})
    (problem,) = options.not_embedded
    assert "asks for 20 instances" in problem.detail
    assert not list(TabularBatchOptions().not_embedded)
