"""Tuning jobs start real training jobs, choose by their logs, and answer as SageMaker's API does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.jobs.process import wait_until
from mlops_iac.runs.launcher import mlops_iac_run
from tests.cloud.jobs.conftest import LIGHT, ROLE, Cloud, channel, interrupt, wait_for

SCRIPT = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("-x", type=float, default=0)
parser.add_argument("--kind", default="a")
parser.add_argument("--depth", type=int, default=1)
parser.add_argument("--fixed", default="")
given = parser.parse_args()
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(str(given.x))
print(f"objective={-(given.x - 1) ** 2 - (given.kind == 'b')}")
"""
CONTINUOUS = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "2"}]}
WORDS = {"CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}]}


def request(cloud: Cloud, script: str = SCRIPT, **changes: Any) -> dict[str, Any]:
    cloud.put("data/train/train.csv", "1,2\n")
    code = cloud.put_code({"train.py": script})
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "objective"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": CONTINUOUS,
        "RandomSeed": 7,
        **changes.pop("config", {}),
    }
    definition = {
        "StaticHyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": code, "fixed": "yes"},
        "AlgorithmSpecification": {
            "TrainingImage": LIGHT,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "objective", "Regex": "objective=([-0-9.e]+)"}],
        },
        "RoleArn": ROLE,
        "InputDataConfig": [channel("train", "s3://lake/data/train/")],
        "OutputDataConfig": {"S3OutputPath": "s3://lake/models/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes.pop("definition", {}),
    }
    return {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": definition,
        **changes,
    }


def describe(cloud: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = cloud.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    return found


def tune(cloud: Cloud, script: str = SCRIPT, **changes: Any) -> dict[str, Any]:
    cloud.sagemaker.create_hyper_parameter_tuning_job(**request(cloud, script, **changes))
    return wait_for(lambda: describe(cloud), "HyperParameterTuningJobStatus")


def trials(cloud: Cloud, **asked: Any) -> list[dict[str, Any]]:
    answer = cloud.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune", **asked
    )
    found: list[dict[str, Any]] = answer["TrainingJobSummaries"]
    return found


def test_trials_are_real_training_jobs_and_the_best_is_found(cloud):
    tags = [{"Key": "mlops-iac:stack", "Value": "screening-dev"}]
    job = tune(cloud, Tags=tags)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    assert job["TrainingJobStatusCounters"]["Completed"] == 3
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    assert "Trials" not in job
    found = trials(cloud, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert len(found) == 3
    best = job["BestTrainingJob"]
    assert best == found[0]
    values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in found]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(-((float(best["TunedHyperParameters"]["x"]) - 1) ** 2))
    name = best["TrainingJobName"]
    assert re.fullmatch(r"tune-00[1-3]-[0-9a-f]{8}", name)
    trained = cloud.sagemaker.describe_training_job(TrainingJobName=name)
    assert trained["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert trained["HyperParameters"]["fixed"] == "yes"
    assert trained["HyperParameters"]["_tuning_objective_metric"] == "objective"
    assert cloud.archive(f"models/{name}/output/model.tar.gz")["model.txt"].decode() == str(
        float(best["TunedHyperParameters"]["x"])
    )
    for arn in (job["HyperParameterTuningJobArn"], best["TrainingJobArn"]):
        assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags


def after(parent: str, kind: str) -> dict[str, Any]:
    return {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent}], "WarmStartType": kind}


@pytest.mark.parametrize(
    ("kind", "tried"), [("IdenticalDataAndAlgorithm", {"3"}), ("TransferLearning", {"1", "2", "3"})]
)
def test_a_tuning_goes_on_where_its_parent_ended(cloud, kind: str, tried: set[str]):
    def grid(*values: str) -> dict[str, Any]:
        ranges = {"CategoricalParameterRanges": [{"Name": "x", "Values": [*values]}]}
        limits = {"MaxParallelTrainingJobs": 2}
        return {"Strategy": "Grid", "ParameterRanges": ranges, "ResourceLimits": limits}

    parent = request(cloud, config=grid("1", "2"), HyperParameterTuningJobName="parent")
    cloud.sagemaker.create_hyper_parameter_tuning_job(**parent)
    with pytest.raises(ClientError, match="parent has not ended yet"):
        tune(cloud, WarmStartConfig=after("parent", kind))
    ask = cloud.sagemaker.describe_hyper_parameter_tuning_job
    wait_for(lambda: ask(HyperParameterTuningJobName="parent"), "HyperParameterTuningJobStatus")
    job = tune(cloud, config=grid("1", "2", "3"), WarmStartConfig=after("parent", kind))
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    assert {one["TunedHyperParameters"]["x"] for one in trials(cloud)} == tried


def test_the_same_seed_makes_the_same_choices(cloud):
    tune(cloud)
    first = [one["TunedHyperParameters"] for one in trials(cloud)]
    cloud.server.reset()
    again = Cloud(cloud.server)
    tune(again)
    assert [one["TunedHyperParameters"] for one in trials(again)] == first


def test_a_grid_is_every_combination_once_and_minimize_finds_the_least(cloud):
    both = {"CategoricalParameterRanges": [*WORDS["CategoricalParameterRanges"], {"Name": "x", "Values": ["1", "2"]}]}
    config = {
        "Strategy": "Grid",
        "ParameterRanges": both,
        "ResourceLimits": {"MaxParallelTrainingJobs": 2},
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "objective"},
    }
    job = tune(cloud, config=config)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    tuned = [one["TunedHyperParameters"] for one in trials(cloud)]
    assert sorted(tuple(one.values()) for one in tuned) == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"kind": "b", "x": "2"}


def test_an_objective_that_the_log_never_shows_fails_with_the_regex(cloud):
    job = tune(cloud, "print('loss: 1')")
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert "No objective metrics found after running 3 training jobs" in job["FailureReason"]
    assert "`objective=([-0-9.e]+)` of `objective`" in job["FailureReason"]
    assert "BestTrainingJob" not in job
    assert job["ObjectiveStatusCounters"]["Failed"] == 3


def test_trials_that_all_fail_are_given_up_after_five(cloud):
    limits = {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 1}
    job = tune(cloud, "raise ValueError('no positive rows')", config={"ResourceLimits": limits})
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No training job succeeded after 5 attempts.")
    assert "ValueError: no positive rows" in job["FailureReason"]
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 5
    assert trials(cloud)[0]["ObjectiveStatus"] == "Failed"
    assert "no positive rows" in trials(cloud)[0]["FailureReason"]


def test_one_trial_that_fails_leaves_the_others(cloud):
    script = SCRIPT + "\nif given.kind == 'b': raise SystemExit(3)\n"
    config = {"Strategy": "Grid", "ParameterRanges": WORDS, "ResourceLimits": {"MaxParallelTrainingJobs": 1}}
    job = tune(cloud, script, config=config)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"kind": "a"}


def test_stopping_stops_the_trials_and_starts_no_more(cloud):
    script = "import time\nprint('objective=1', flush=True)\ntime.sleep(60)"
    cloud.sagemaker.create_hyper_parameter_tuning_job(**request(cloud, script))
    wait_for(lambda: {"there": str(bool(trials(cloud)))}, "there", ("True",))
    cloud.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    job = wait_for(lambda: describe(cloud), "HyperParameterTuningJobStatus")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert {one["TrainingJobStatus"] for one in trials(cloud)} == {"Stopped"}
    assert len(trials(cloud)) <= 2
    with pytest.raises(ClientError, match="in status Stopped"):
        cloud.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")


def test_a_target_ends_the_search(cloud):
    limits = {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 1}
    criteria = {"TargetObjectiveMetricValue": -100.0}
    job = tune(cloud, config={"ResourceLimits": limits, "TuningJobCompletionCriteria": criteria})
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert len(trials(cloud)) == 1


def test_a_trial_worse_than_the_median_is_stopped_early(cloud):
    script = """
import argparse, time
parser = argparse.ArgumentParser()
parser.add_argument("--kind")
parser.add_argument("--fixed")
good = parser.parse_args().kind == "a"
for epoch in range(2 if good else 600):
    print(f"objective={1 if good else 0}", flush=True)
    time.sleep(0.1)
"""
    config = {
        "Strategy": "Grid",
        "ParameterRanges": WORDS,
        "ResourceLimits": {"MaxParallelTrainingJobs": 1},
        "TrainingJobEarlyStoppingType": "Auto",
    }
    job = tune(cloud, script, config=config)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Stopped"] == 1
    assert [one["TrainingJobStatus"] for one in trials(cloud)] == ["Completed", "Stopped"]
    assert trials(cloud)[1]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 0


def test_a_trial_that_is_interrupted_goes_on_from_its_own_checkpoint(cloud):
    script = """
import os, pathlib, sys, time
checkpoint = pathlib.Path("/opt/ml/checkpoints/epoch.txt")
first = int(checkpoint.read_text()) if checkpoint.exists() else 0
print(f"starts at epoch {first}", flush=True)
print("objective=1", flush=True)
if not first:
    checkpoint.write_text("7")
    time.sleep(60)
pathlib.Path(os.environ["SM_MODEL_DIR"], "epoch.txt").write_text(str(first))
"""
    definition = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90},
        "CheckpointConfig": {"S3Uri": "s3://lake/checkpoints/tune/", "LocalPath": "/opt/ml/trials"},
    }
    config = {"Strategy": "Grid", "ParameterRanges": WORDS, "ResourceLimits": {"MaxParallelTrainingJobs": 2}}
    asked = request(cloud, config=config, definition=definition)
    launcher = Path(mlops_iac_run.__file__).read_text()
    asked["TrainingJobDefinition"]["StaticHyperParameters"] = {
        "mlops_iac_script": "train.py",
        "mlops_iac_trials": "/opt/ml/trials",
        "sagemaker_program": "mlops_iac_run.py",
        "sagemaker_submit_directory": cloud.put_code(
            {"mlops_iac_run.py": launcher, "train.py": script, "inference.py": ""}
        ),
    }
    cloud.sagemaker.create_hyper_parameter_tuning_job(**asked)
    assert wait_until(lambda: len(cloud.keys("checkpoints/tune/")) == 2, timeout=60)
    names = [one["TrainingJobName"] for one in trials(cloud)]
    assert sorted(cloud.keys("checkpoints/tune/")) == sorted(f"checkpoints/tune/{name}/epoch.txt" for name in names)
    for name in names:
        interrupt(cloud, name)
    job = wait_for(lambda: describe(cloud), "HyperParameterTuningJobStatus")
    assert job["TrainingJobStatusCounters"]["Completed"] == 2, job.get("FailureReason")
    for name in names:
        assert cloud.archive(f"models/{name}/output/model.tar.gz")["epoch.txt"] == b"7"


def test_a_tuning_job_that_has_ended_can_be_deleted_and_its_trials_stay(cloud):
    tune(cloud)
    name = trials(cloud)[0]["TrainingJobName"]
    cloud.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="tune")
    with pytest.raises(ClientError, match="not found"):
        describe(cloud)
    assert cloud.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed"


def test_lists_show_tuning_jobs_as_aws_does(cloud):
    tune(cloud)
    (found,) = cloud.sagemaker.list_hyper_parameter_tuning_jobs(NameContains="tun")["HyperParameterTuningJobSummaries"]
    assert found["Strategy"] == "Random"
    assert found["TrainingJobStatusCounters"]["Completed"] == 3
    assert found["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2}
    assert "HyperParameterTuningEndTime" in found
    page = cloud.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune", MaxResults=2
    )
    assert len(page["TrainingJobSummaries"]) == 2
    assert len(trials(cloud, NextToken=page["NextToken"])) == 1


def ranges(kind: str, **asked: Any) -> dict[str, Any]:
    return {f"{kind}ParameterRanges": [{"Name": "x", **asked}]}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"ParameterRanges": {}}, "no range to search"),
        ({"ParameterRanges": ranges("Continuous", MinValue="2", MaxValue="1")}, "less than its MaxValue"),
        ({"ParameterRanges": ranges("Integer", MinValue="1.5", MaxValue="2")}, "must be integers"),
        ({"ParameterRanges": ranges("Continuous", MinValue="nan", MaxValue="2")}, "less than its MaxValue"),
        (
            {"ParameterRanges": ranges("Continuous", MinValue="0", MaxValue="2", ScalingType="Logarithmic")},
            "logarithmic scale needs values above 0",
        ),
        ({"Strategy": "Grid"}, "categorical parameter ranges only"),
        ({"Strategy": "Grid", "ParameterRanges": WORDS}, "the grid has 2 combinations"),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 1}}, "MaxNumberOfTrainingJobs is required"),
        ({"ResourceLimits": {"MaxNumberOfTrainingJobs": 751, "MaxParallelTrainingJobs": 1}}, "it may have 750"),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"}},
            "not among the MetricDefinitions",
        ),
        ({"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Auto"}, "must be Off"),
        ({"ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1, "MaxRuntimeInSeconds": 120}},
         "does not offer ResourceLimits.MaxRuntimeInSeconds"),
    ],
)  # fmt: skip
def test_what_sagemaker_refuses_is_refused(cloud, config: dict[str, Any], said: str):
    with pytest.raises(ClientError, match=said):
        tune(cloud, config=config)
    assert not cloud.sagemaker.list_training_jobs()["TrainingJobSummaries"]


def test_other_bad_requests_are_refused(cloud):
    asked = request(cloud)
    asked["TrainingJobDefinition"]["StaticHyperParameters"]["x"] = "1"
    with pytest.raises(ClientError, match=r"hyperparameters \[x\] are static and have a range"):
        cloud.sagemaker.create_hyper_parameter_tuning_job(**asked)
    with pytest.raises(ClientError, match="No S3 objects found"):
        tune(cloud, definition={"InputDataConfig": [channel("train", "s3://lake/nothing/")]})
    with pytest.raises(ClientError, match="less than or equal to 32"):
        tune(cloud, HyperParameterTuningJobName="a" * 33)
    with pytest.raises(ClientError, match="parent hyperparameter tuning job a does not exist"):
        tune(cloud, WarmStartConfig=after("a", "TransferLearning"))
    tune(cloud)
    with pytest.raises(ClientError, match="already exists"):
        tune(cloud)
