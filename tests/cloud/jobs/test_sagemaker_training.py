"""Training jobs run scripts as AWS's framework containers do."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from mlops_iac.core.frameworks import get_framework

TRAIN_SKLEARN = """
import argparse, os, joblib, pandas as pd
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--penalty", default="l2")
parser.add_argument("--inverse-strength", type=float)
arguments = parser.parse_args()
data = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "train.csv"), header=None)
model = LogisticRegression(C=arguments.inverse_strength, penalty=arguments.penalty).fit(data[[0]], data[1])
print(f"accuracy={model.score(data[[0]], data[1]):.3f}")
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""
DUMP = """
import json, os, pathlib, sys
told = {"arguments": sys.argv[1:], "variables": dict(os.environ), "here": os.getcwd()}
told["config"] = {p.name: json.loads(p.read_text()) for p in pathlib.Path("/opt/ml/input/config").iterdir()}
told["train"] = sorted(p.name for p in pathlib.Path("/opt/ml/input/data/train").iterdir())
pathlib.Path("/opt/ml/model/told.json").write_text(json.dumps(told))
"""


def test_a_job_trains_real_scikit_learn_and_leaves_its_model_in_the_lake(cloud):
    cloud.put("data/train/train.csv", "".join(f"{x},{int(x > 20)}\n" for x in range(40)))
    image = get_framework("sklearn", "1.4-2").image("eu-west-1")
    job = cloud.train(
        TRAIN_SKLEARN,
        HyperParameters={"inverse-strength": "10.0"},
        AlgorithmSpecification={
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
        },
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": "s3://lake/models/job/output/model.tar.gz"}
    assert list(cloud.archive("models/job/output/model.tar.gz")) == ["model.joblib"]
    assert job["FinalMetricDataList"][0]["Value"] > 0.9


def test_a_script_is_told_what_awss_containers_tell(cloud, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-real-looking-secret")
    monkeypatch.setenv("HOME_SECRET", "private")
    hyperparameters = {"epochs": "3", "name": '"a b"', "lr": "0.1", "C": "1"}
    job = cloud.train(DUMP, HyperParameters=hyperparameters, Environment={"MY": "1"})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    told = json.loads(cloud.archive("models/job/output/model.tar.gz")["told.json"])
    variables = told["variables"]
    words = ["-C", "1", "--epochs", "3", "--lr", "0.1", "--name"]
    assert told["arguments"] == [*words, "a", "b"], "the toolkit's shell splits at blanks"
    assert told["here"] == "/opt/ml/code"
    assert told["train"] == ["train.csv"]
    assert told["config"]["hyperparameters.json"]["name"] == '"a b"'
    assert told["config"]["resourceconfig.json"]["hosts"] == ["algo-1"]
    assert told["config"]["inputdataconfig.json"]["train"]["TrainingInputMode"] == "File"
    assert variables["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert variables["SM_MODEL_DIR"] == "/opt/ml/model"
    assert variables["SM_OUTPUT_DATA_DIR"] == "/opt/ml/output/data"
    assert json.loads(variables["SM_HPS"]) == {"C": 1, "epochs": 3, "lr": 0.1, "name": "a b"}
    assert variables["SM_HP_NAME"] == "a b"
    assert json.loads(variables["SM_USER_ARGS"]) == [*words, "a b"]
    assert json.loads(variables["SM_TRAINING_ENV"])["job_name"] == "job"
    assert (variables["SM_CURRENT_HOST"], variables["SM_NUM_GPUS"], variables["MY"]) == ("algo-1", "0", "1")
    assert variables["TRAINING_JOB_NAME"] == "job"
    assert variables["AWS_ENDPOINT_URL"] == cloud.server.gateway.endpoint
    assert "a-real-looking-secret" not in variables.values()
    assert "HOME_SECRET" not in variables


@pytest.mark.parametrize(
    ("hyperparameter", "said"),
    [("sagemaker_torch_distributed_enabled", "has no torchrun"), ("sagemaker_mpi_enabled", "has no mpirun")],
)
def test_a_launcher_that_is_not_there_is_named(cloud, hyperparameter, said):
    job = cloud.train("print('hello')", HyperParameters={hyperparameter: "true"})
    assert job["TrainingJobStatus"] == "Failed"
    assert said in job["FailureReason"]


def test_statuses_move_as_on_aws(cloud):
    job = cloud.train("print('hello')")
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all("EndTime" in step for step in job["SecondaryStatusTransitions"])
    assert job["SecondaryStatus"] == "Completed"
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] >= 1
    assert cloud.log("/aws/sagemaker/TrainingJobs", "job") == ["hello"]


def test_what_moto_forgets_is_described_as_it_was_asked(cloud):
    definitions = [{"Name": "loss", "Regex": "loss=(.*)"}]
    specification = {"TrainingImage": cloud.image, "TrainingInputMode": "File"}
    cloud.train(
        "pass",
        AlgorithmSpecification=specification | {"MetricDefinitions": definitions},
        Environment={"A": "1"},
        EnableNetworkIsolation=True,
        Tags=[{"Key": "mlops-iac:stack", "Value": "screening-dev"}],
    )
    job = cloud.sagemaker.describe_training_job(TrainingJobName="job")
    assert job["AlgorithmSpecification"]["MetricDefinitions"] == definitions
    assert job["EnableNetworkIsolation"] is True
    assert job["Environment"] == {"A": "1"}
    assert cloud.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"][0]["Value"] == "screening-dev"
    tagged = cloud.clients("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "mlops-iac:stack"}])
    assert [each["ResourceARN"] for each in tagged["ResourceTagMappingList"]] == [job["TrainingJobArn"]]


def test_a_script_that_raises_says_why(cloud):
    job = cloud.train("import sys\nprint('working')\nraise ValueError('no positive rows')")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1")
    assert "ValueError: no positive rows" in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 1")
    assert not cloud.keys("models/job/output/model.tar.gz")
    assert any("Traceback" in line for line in cloud.log("/aws/sagemaker/TrainingJobs", "job"))


def test_the_scripts_own_failure_file_is_the_reason_and_is_kept(cloud):
    job = cloud.train("open('/opt/ml/output/failure', 'w').write('the data is empty'); raise SystemExit(3)")
    assert job["FailureReason"] == "AlgorithmError: the data is empty, exit code: 3"
    assert cloud.archive("models/job/output/output.tar.gz") == {"failure": b"the data is empty"}


def test_output_data_is_packed_beside_the_model(cloud):
    cloud.train("import os; open(os.environ['SM_OUTPUT_DATA_DIR'] + '/roc.txt', 'w').write('0.99')")
    assert cloud.archive("models/job/output/output.tar.gz") == {"roc.txt": b"0.99"}


def test_code_may_come_through_a_channel(cloud):
    cloud.put_code({"train.py": DUMP}, key="packed/sourcedir.tar.gz")
    cloud.put("data/train/train.csv", "1\n")
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/packed/", "S3DataDistributionType": "FullyReplicated"}
    train = {**source, "S3Uri": "s3://lake/data/train/"}
    job = cloud.train(
        "raise SystemExit('the other code must run')",
        InputDataConfig=[
            {"ChannelName": "train", "DataSource": {"S3DataSource": train}},
            {"ChannelName": "code", "DataSource": {"S3DataSource": source}},
        ],
        HyperParameters={"sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz"},
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_a_shell_script_is_an_entry_point_too(cloud):
    code = cloud.put_code({"go.sh": '#!/bin/sh\necho "$@" > $SM_MODEL_DIR/arguments'}, key="code/sh.tar.gz")
    hyperparameters = {"sagemaker_program": "go.sh", "sagemaker_submit_directory": code, "text": "a  b"}
    job = cloud.train("", HyperParameters=hyperparameters)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.archive("models/job/output/model.tar.gz") == {"arguments": b"--text a  b\n"}


def test_a_stopped_job_gets_sigterm_and_keeps_what_it_made(cloud):
    script = """
import os, signal, sys, time
def leave(*_):
    open(os.environ["SM_MODEL_DIR"] + "/checkpoint", "w").write("7")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready")
time.sleep(60)
"""
    cloud.train(script, wait=False)
    wait_for_line(cloud, "job", "ready")
    cloud.sagemaker.stop_training_job(TrainingJobName="job")
    job = cloud.wait_training()
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert cloud.archive("models/job/output/model.tar.gz") == {"checkpoint": b"7"}
    with pytest.raises(ClientError, match="in status Stopped"):
        cloud.sagemaker.stop_training_job(TrainingJobName="job")


def test_a_log_can_be_followed_while_the_job_runs(cloud):
    cloud.train("import time; print('first'); time.sleep(60)", wait=False)
    wait_for_line(cloud, "job", "first")
    assert cloud.sagemaker.describe_training_job(TrainingJobName="job")["SecondaryStatus"] == "Training"
    cloud.sagemaker.stop_training_job(TrainingJobName="job")
    cloud.wait_training()


def test_a_job_that_runs_too_long_is_stopped(cloud):
    job = cloud.train("import time; time.sleep(60)", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_an_isolated_job_has_no_network(cloud):
    script = """
import os, socket, urllib.request
try:
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], timeout=3)
except OSError as error:
    print("cut off:", error)
else:
    raise SystemExit("the network is there")
"""
    job = cloud.train(script, EnableNetworkIsolation=True)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_a_job_that_is_not_isolated_reaches_the_embedded_cloud(cloud):
    script = "import os, urllib.request; urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_mlops-iac/health')"
    assert cloud.train(script)["TrainingJobStatus"] == "Completed"


def test_names_are_unique(cloud):
    cloud.train("pass")
    with pytest.raises(ClientError, match="must be unique") as refused:
        cloud.train("pass")
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role"),
        ({"ResourceConfig": {"InstanceType": "ml.m9.huge", "InstanceCount": 1, "VolumeSizeInGB": 1}}, "enum value set"),
        ({"TrainingJobName": "no_underscores"}, "regular expression pattern"),
    ],
)
def test_what_aws_refuses_is_refused(cloud, changes, words):
    with pytest.raises(ClientError, match=words) as refused:
        cloud.train("pass", **changes)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_role_that_sagemaker_may_not_assume_is_refused(cloud):
    principal = {"Service": "lambda.amazonaws.com"}
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    role = cloud.clients("iam").create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    with pytest.raises(ClientError, match=r"allows principal 'sagemaker\.amazonaws\.com'"):
        cloud.train("pass", RoleArn=role)


def test_an_input_that_is_not_there_is_refused(cloud):
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/nothing/", "S3DataDistributionType": "FullyReplicated"}
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL"):
        cloud.train("pass", InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": source}}])


def test_a_teams_own_image_is_refused_with_what_can_run(cloud):
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ours:1"
    job = cloud.train("pass", AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"})
    assert job["TrainingJobStatus"] == "Failed"
    assert image in job["FailureReason"]
    assert "sklearn 1.4-2" in job["FailureReason"]


def test_requirements_that_cannot_be_installed_fail_the_job_with_pips_words(cloud, tmp_path, monkeypatch):
    monkeypatch.setenv("MLOPS_IAC_CACHE", str(tmp_path))
    files = {"train.py": "pass", "requirements.txt": "no-such-package-here==1.0\n"}
    code = cloud.put_code(files, key="code/bad.tar.gz")
    job = cloud.train("pass", HyperParameters={"sagemaker_submit_directory": code})
    assert job["TrainingJobStatus"] == "Failed"
    assert "no-such-package-here==1.0" in job["FailureReason"]


def test_a_job_in_flight_when_the_cloud_stopped_has_failed(cloud):
    cloud.train("import time; print('ready'); time.sleep(60)", wait=False)
    wait_for_line(cloud, "job", "ready")
    cloud.server.gateway.tell("restore")
    job = cloud.sagemaker.describe_training_job(TrainingJobName="job")
    assert job["TrainingJobStatus"] == "Failed"
    assert "embedded cloud was stopped" in job["FailureReason"]


def test_folders_of_jobs_are_removed(cloud):
    cloud.train("pass")
    cloud.train("raise SystemExit(1)", name="bad")
    assert not list((cloud.server.home.path / "jobs" / "work").iterdir())


def test_the_folder_of_a_failed_job_is_kept_on_demand(cloud, monkeypatch):
    monkeypatch.setenv("MLOPS_IAC_KEEP_JOBS", "1")
    cloud.train("open('/opt/ml/model/half', 'w').close(); raise SystemExit(1)", name="bad")
    assert [path.name for path in (cloud.server.home.path / "jobs" / "work").glob("*/ml/model/*")] == ["half"]


def test_jobs_are_listed_newest_first_and_filtered(cloud):
    for name in ("one", "two", "three"):
        cloud.train("pass" if name != "two" else "raise SystemExit(1)", name=name)
    listed = cloud.sagemaker.list_training_jobs(MaxResults=2)
    assert [job["TrainingJobName"] for job in listed["TrainingJobSummaries"]] == ["three", "two"]
    rest = cloud.sagemaker.list_training_jobs(MaxResults=2, NextToken=listed["NextToken"])
    assert [job["TrainingJobName"] for job in rest["TrainingJobSummaries"]] == ["one"]
    failed = cloud.sagemaker.list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in failed] == ["two"]
    assert not cloud.sagemaker.list_training_jobs(NameContains="four")["TrainingJobSummaries"]


def test_a_key_that_would_leave_the_folder_fails_the_job(cloud):
    cloud.put("data/train/../../../../../escape", "x")
    job = cloud.train("pass")
    assert job["TrainingJobStatus"] == "Failed"
    assert "cannot be a file of the input" in job["FailureReason"]


def wait_for_line(cloud, job, line, timeout=20.0):
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        groups = cloud.logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/TrainingJobs")["logGroups"]
        if groups and line in cloud.log("/aws/sagemaker/TrainingJobs", job):
            return
        time.sleep(0.05)
    raise AssertionError(f"{line!r} never came")


def test_a_failure_is_told_once_and_as_containers_tell_it(cloud):
    script = "import os, signal\nprint('loading', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    job = cloud.train(script, HyperParameters={"depth": "3"})
    assert job["FailureReason"].endswith("exit code: 137")
    assert 'Command "python train.py --depth 3"' in job["FailureReason"]
    job = cloud.train("import nosuchmodule", name="second")
    assert "ModuleNotFoundError: No module named 'nosuchmodule'" in job["FailureReason"]
    log = "\n".join(cloud.log("/aws/sagemaker/TrainingJobs", "second"))
    assert log.count("No module named 'nosuchmodule'") == 1
