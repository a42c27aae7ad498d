"""Tuning and training steps: what is refused, and what SageMaker is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import ProcessingStep, Step, TrainingStep, TuneStep
from tests.support.golden import check_golden

DATA = Parameter(name="data", type="prefix", default="raw/", description="The data.")
TRAIN: dict[str, Any] = {"name": "train", "script": "train.py", "channels": {"train": "parameters.data"}}
TUNE: dict[str, Any] = {
    **TRAIN,
    "name": "tune",
    "objective": {"metric": "auc", "regex": "auc=([0-9.]+)"},
    "ranges": {
        "C": {"min": 0.1, "max": 10.0, "scale": "logarithmic"},
        "depth": {"min": 1, "max": 5},
        "kind": ["a", "b c"],
    },
    "max_jobs": 4,
}  # fmt: skip
WORDS = {"kind": ["a", "b"], "rate": [1, 2, 3]}


def compiled(target: str, *steps: Step) -> dict[str, Any]:
    pipeline = Pipeline(name="p", parameters=(DATA,), steps=steps)
    return get_target(target).compile(pipeline, Bindings.placeholder("screening-dev", "eu-west-1"))


def request(target: str, step: Step) -> dict[str, Any]:
    document = compiled(target, step)
    if "States" in document:
        found: dict[str, Any] = document["States"][step.name]["Parameters"]
        return found
    if "tasks" in document:
        config: dict[str, Any] = document["tasks"][step.name]["arguments"]["config"]
        return config
    arguments: dict[str, Any] = document["Steps"][0]["Arguments"]
    return arguments


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ranges": {}}, "at least 1 item"),
        ({"ranges": {"C": []}}, "at least 1 item"),
        ({"ranges": {"C": ["a", "a"]}}, "`a` is there twice"),
        ({"ranges": {"C": {"min": 2, "max": 1}}}, "`min` must be the smaller one"),
        ({"ranges": {"C": {"min": 1, "max": 1}}}, "`min` must be the smaller one"),
        ({"ranges": {"C": {"min": float("nan"), "max": 1.0}}}, "finite numbers"),
        ({"ranges": {"C": {"min": 1.5, "max": 2, "type": "integer"}}}, "whole numbers"),
        ({"ranges": {"C": {"min": 0, "max": 2, "scale": "logarithmic"}}}, "values above 0 only"),
        ({"ranges": {"C": {"min": 0.5, "max": 1.0, "scale": "reverse-logarithmic"}}}, "from 0 to below 1"),
        ({"ranges": {"sagemaker_program": ["a"]}}, "are taken"),
        ({"ranges": {f"x{number}": [1, 2] for number in range(31)}}, "at most 30 items"),
        ({"max_jobs": None}, "needs `max_jobs`"),
        ({"max_jobs": 751}, "less than or equal to 750"),
        ({"max_parallel": 11}, "less than or equal to 10"),
        ({"strategy": "grid", "max_jobs": None}, "`C` has `min` and `max`"),
        ({"strategy": "grid", "ranges": WORDS, "max_jobs": 7}, "the grid holds 6"),
        ({"strategy": "grid", "ranges": {f"x{n}": [1, 2] for n in range(10)}, "max_jobs": None}, "at most 750"),
        ({"strategy": "hyperband"}, "needs a `hyperband` section"),
        ({"strategy": "hyperband", "hyperband": {"max_resource": 9}, "early_stopping": True}, "by itself"),
        ({"strategy": "hyperband", "hyperband": {"min_resource": 9, "max_resource": 3}}, "more than `max_resource`"),
        ({"objective": {"metric": "auc", "regex": "auc=[0-9.]+"}}, "has no group"),
        ({"objective": {"metric": "auc", "regex": "auc=([0-9.]+"}}, "no regular expression"),
        ({"metrics": {"auc": "auc=(.*)"}}, "names the objective `auc` again"),
        ({"hyperparameters": {"C": 1}}, "`C` has a fixed value and a range"),
        ({"compute": "batch"}, "compute: sagemaker"),
        ({"seed": -1}, "greater than or equal to 0"),
    ],
)
def test_a_tuning_that_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PipelineError) as refused:
        TuneStep(**{**TUNE, **changes})
    assert said in str(refused.value), refused.value


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input_mode": "Pipe"}, "'File' or 'FastFile'"),
        ({"input_modes": {"test": "File"}}, "names `test`, which is none of train"),
        ({"shared": ["test"]}, "names `test`, which is none of train"),
        ({"metrics": {"loss": "loss="}}, "has no group"),
        ({"max_wait_minutes": 90}, "is of `spot` trainings"),
        ({"spot": True, "keep_alive_minutes": 5}, "keeps no spare capacity"),
        ({"keep_alive_minutes": 61}, "less than or equal to 60"),
        ({"spot": True, "max_wait_minutes": 30}, "less than the 60 `max_minutes`"),
        ({"compute": "batch", "spot": True}, "`spot` is of training jobs"),
        ({"hyperparameters": {"mlops_iac_script": "x"}}, "are taken"),
        ({"hyperparameters": {"text": "a b" * 1000}}, "SageMaker allows 2500"),
        ({"distributed": {"launcher": "ray", "processes": 2}}, "`processes` is not of `ray`"),
        ({"distributed": {"launcher": "gloo"}}, "'torchrun', 'mpi' or 'ray'"),
    ],
)
def test_a_training_that_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PipelineError) as refused:
        TrainingStep(**{**TRAIN, **changes})
    assert said in str(refused.value), refused.value


@pytest.mark.parametrize("target", TARGETS)
def test_a_tuning_asks_for_what_was_written(target: str) -> None:
    asked = request(target, TuneStep(**{**TUNE, "seed": 7, "target": 0.9, "early_stopping": True}))
    config = asked["HyperParameterTuningJobConfig"]
    assert config["Strategy"] == "Bayesian"
    assert config["HyperParameterTuningJobObjective"] == {"Type": "Maximize", "MetricName": "auc"}
    assert config["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2}
    assert (config["RandomSeed"], config["TrainingJobEarlyStoppingType"]) == (7, "Auto")
    assert config["TuningJobCompletionCriteria"] == {"TargetObjectiveMetricValue": 0.9}
    ranges = config["ParameterRanges"]
    assert ranges["IntegerParameterRanges"] == [
        {"Name": "depth", "MinValue": "1", "MaxValue": "5", "ScalingType": "Auto"}
    ]
    (continuous,) = ranges["ContinuousParameterRanges"]
    assert continuous == {"Name": "C", "MinValue": "0.1", "MaxValue": "10.0", "ScalingType": "Logarithmic"}
    (words,) = ranges["CategoricalParameterRanges"]
    assert words["Values"][0] == "a"
    assert words["Values"][1].startswith("mlops_iac_b64:"), "a shell would split it"
    metrics = asked["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    assert metrics == [{"Name": "auc", "Regex": "auc=([0-9.]+)"}]


@pytest.mark.parametrize("target", TARGETS)
def test_a_grid_says_no_number_of_jobs(target: str) -> None:
    asked = request(target, TuneStep(**{**TUNE, "strategy": "grid", "ranges": WORDS, "max_jobs": None}))
    assert asked["HyperParameterTuningJobConfig"]["ResourceLimits"] == {"MaxParallelTrainingJobs": 2}


@pytest.mark.parametrize("target", TARGETS)
def test_an_objective_without_a_regex_is_read_from_what_the_entry_point_tells(target: str) -> None:
    step = TuneStep(**{**TUNE, "objective": {"metric": "regression_metrics.mse.value", "goal": "minimize"}})
    (metric,) = request(target, step)["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    assert metric["Regex"].startswith(r"mlops_iac_metric regression_metrics\.mse\.value=(")


def test_the_best_model_goes_on_as_each_target_documents_it() -> None:
    read = ProcessingStep(
        name="look", script="look.py", inputs={"model": "tune.model"}, outputs={"report": {"zone": "models"}}
    )
    machine = compiled("step-functions", TuneStep(**TUNE), read)
    assert machine["States"]["tune: ask"]["ResultSelector"] == {"best.$": "$.BestTrainingJob.TrainingJobName"}
    model = machine["States"]["tune: keep"]["Parameters"]["model.$"]
    assert model.endswith("models/{}/{}/output/model.tar.gz', $.run, $.steps.tune.best)")
    pipeline = compiled("sagemaker-pipelines", TuneStep(**TUNE), read)
    (source,) = [
        one["S3Input"]["S3Uri"]
        for one in pipeline["Steps"][1]["Arguments"]["ProcessingInputs"]
        if one["InputName"] == "model"
    ]
    values = source["Std:Join"]["Values"]
    assert source["Std:Join"]["On"] == "/"
    assert values[2:] == [{"Get": "Steps.tune.TrainingJobSummaries[0].TrainingJobName"}, "output/model.tar.gz"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_training_asks_for_spot_checkpoints_and_its_channels_modes(target: str) -> None:
    step = TrainingStep(
        **TRAIN, spot=True, checkpoints=True, input_mode="FastFile", hyperparameters={"lr": 0.1, "flag": True},
        distributed={"launcher": "torchrun", "processes": 2}, metrics={"loss": "loss=(.*)"}, shared=("train",),
    )  # fmt: skip
    asked = request(target, step)
    assert asked["EnableManagedSpotTraining"] is True
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    assert asked["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"
    assert "checkpoints/train/" in str(asked["CheckpointConfig"])
    train, code = asked["InputDataConfig"]
    assert asked["AlgorithmSpecification"]["TrainingInputMode"] == "FastFile"
    assert code["InputMode"] == "File", "the code is unpacked"
    assert train["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "ShardedByS3Key"
    given = asked["HyperParameters"]
    assert (given["lr"], given["flag"]) == ("0.1", "true")
    assert given["sagemaker_torch_distributed_enabled"] == "true"
    assert given["sagemaker_mpi_num_of_processes_per_host"] == "2"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("distributed", "told"),
    [
        (
            "torchrun",
            {"sagemaker_torch_distributed_enabled": "true", "sagemaker_instance_type": "ml.m5.large"},
        ),
        (
            {"launcher": "mpi", "processes": 4},
            {"sagemaker_mpi_enabled": "true", "sagemaker_mpi_num_of_processes_per_host": "4"},
        ),
        ("ray", {"mlops_iac_launcher": "ray"}),
    ],
)
def test_processes_that_train_together_are_asked_for_as_the_sdk_does(target: str, distributed: Any, told: Any) -> None:
    """``Framework._distribution_configuration`` of sagemaker-python-sdk 2 (estimator.py); Ray is our entry point's."""
    asked = request(target, TrainingStep(**TRAIN, job={"instance_count": 3}, distributed=distributed))
    assert asked["ResourceConfig"]["InstanceCount"] == 3
    ours = {"sagemaker_container_log_level", "sagemaker_program", "sagemaker_region", "sagemaker_submit_directory"}
    given = {name: value for name, value in asked["HyperParameters"].items() if name not in {*ours, "mlops_iac_script"}}
    assert given == told


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("launcher", ["torchrun", "mpi", "ray"])
def test_the_document_of_a_training_on_several_instances_is_the_golden_one(target: str, launcher: str) -> None:
    """Beside what the tests here assert of it: a person has read the whole request."""
    together = {"launcher": launcher, **({} if launcher == "ray" else {"processes": 2})}
    step = TrainingStep(
        **TRAIN, job={"instance_count": 2}, distributed=together, checkpoints=True, spot=True, shared=("train",)
    )
    check_golden(f"pipelines/distributed-{launcher}.{target}.json", json.dumps(compiled(target, step), indent=1) + "\n")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("launcher", ["torchrun", "mpi"])
def test_an_image_without_the_launcher_is_refused(target: str, launcher: str) -> None:
    image = get_framework("sklearn", "1.4-2").image("eu-central-1")
    given = Bindings.placeholder("screening-dev", "eu-central-1", training_images={"cpu": image})
    steps = (TrainingStep(**TRAIN, distributed=launcher),)
    with pytest.raises(PipelineError) as refused:
        get_target(target).compile(Pipeline(name="p", parameters=(DATA,), steps=steps), given)
    assert f"Step `train` trains by `{launcher}`, which the image of sklearn 1.4-2 has not" in refused.value.detail


def test_more_instances_than_one_machine_runs_are_told_by_field() -> None:
    step = TrainingStep(**TRAIN, job={"instance_count": 17}, distributed="mpi")
    assert [field for field, _ in step.not_embedded()] == ["job"]
    assert not [*TrainingStep(**TRAIN, job={"instance_count": 16}, distributed="torchrun").not_embedded()]


@pytest.mark.parametrize("target", TARGETS)
def test_machines_that_stay_warm_are_asked_for_in_seconds(target: str) -> None:
    asked = request(target, TrainingStep(**TRAIN, keep_alive_minutes=10))
    assert asked["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    assert "KeepAlivePeriodInSeconds" not in request(target, TrainingStep(**TRAIN))["ResourceConfig"]


@pytest.mark.parametrize("target", TARGETS)
def test_each_trial_of_a_tuning_has_checkpoints_of_its_own(target: str) -> None:
    step = TuneStep(**{**TUNE, "spot": True, "checkpoints": True})
    definition = request(target, step)["TrainingJobDefinition"]
    assert definition["CheckpointConfig"]["LocalPath"] == "/opt/ml/trials"
    assert definition["StaticHyperParameters"]["mlops_iac_trials"] == "/opt/ml/trials"
    (told,) = step.cautions()
    assert "fetches what the others left" in told
    (told,) = TuneStep(**{**TUNE, "spot": True}).cautions()
    assert "begins anew" in told


def test_spare_capacity_without_checkpoints_is_told() -> None:
    (told,) = TrainingStep(**TRAIN, spot=True).cautions()
    assert "a training whose machines are taken away begins anew" in told
    assert not [*TrainingStep(**TRAIN, spot=True, checkpoints=True).cautions()]
    (told,) = TuneStep(**TUNE, spot=True).cautions()
    assert "a trial whose machines" in told


@pytest.mark.parametrize("target", TARGETS)
def test_a_tuning_may_begin_with_what_others_found(target: str) -> None:
    asked = request(target, TuneStep(**TUNE, warm_start={"parents": ["a-tuning", "another"], "kind": "identical"}))
    assert asked["WarmStartConfig"] == {
        "ParentHyperParameterTuningJobs": [
            {"HyperParameterTuningJobName": "a-tuning"},
            {"HyperParameterTuningJobName": "another"},
        ],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    assert "WarmStartConfig" not in request(target, TuneStep(**TUNE))
