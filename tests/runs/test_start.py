from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError, RunError, UsageError
from mlops_iac.runs import start as start_module
from mlops_iac.runs.start import push, start
from tests.support.small_environment import make_state_machine


@pytest.fixture
def root(code: Path) -> Path:
    return code.parents[1]


@pytest.fixture
def flow(environment: Environment, clients: Clients) -> None:
    make_state_machine(environment, clients, {"Done": {"Type": "Succeed"}})


def keys(environment: Environment, clients: Clients) -> list[str]:
    found = clients("s3").list_objects_v2(Bucket=environment.lake.bucket)
    return [item["Key"] for item in found.get("Contents", [])]


@pytest.mark.usefixtures("flow")
def test_a_run_is_started_with_the_contracts_input(environment: Environment, clients: Clients, root: Path) -> None:
    run = start(environment, clients, root, parameters={"gate_at_least": 0.5})
    execution = clients("stepfunctions").describe_execution(executionArn=run.handle)
    assert re.fullmatch(r"\d{6}-\d{6}-[0-9a-f]{4}", run.id)
    assert execution["name"] == f"screening-dev-{run.id}"
    assert json.loads(execution["input"]) == {
        "run": run.id,
        "code": {"uri": f"s3://screening-dev-lake/code/{run.code}/", "sha": run.code},
        "parameters": {"data": "raw/", "hyperparameters": {"C": "1.0"}, "gate_at_least": 0.5},
        "names": {
            step: f"screening-dev-{run.id}-{step}" for step in ("validate", "prepare", "train", "evaluate", "deploy")
        },
    }


@pytest.mark.usefixtures("flow")
def test_code_is_stored_encrypted_and_tagged(environment: Environment, clients: Clients, root: Path) -> None:
    run = start(environment, clients, root)
    names = ("manifest.json", "mlops_iac_spark.py", "run.sh", "sourcedir.tar.gz")
    record = [f"models/{run.id}/record/{name}.json" for name in ("data", "run")]
    stored = [*(f"code/{run.code}/{name}" for name in names), "code/current/training.json", *record]
    assert keys(environment, clients) == sorted(stored)
    for key in keys(environment, clients):
        head = clients("s3").head_object(Bucket=environment.lake.bucket, Key=key)
        tags = clients("s3").get_object_tagging(Bucket=environment.lake.bucket, Key=key)["TagSet"]
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", environment.lake.key_arn)
        assert tags == [{"Key": "mlops-iac:stack", "Value": "screening-dev"}]


@pytest.mark.usefixtures("flow")
def test_the_same_code_is_stored_once(
    environment: Environment, clients: Clients, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(environment, clients, root)
    written: list[str] = []
    monkeypatch.setattr(start_module, "upload", lambda _, __, key, content: written.append(key))
    assert start(environment, clients, root).code == first.code
    assert written == ["code/current/training.json"]


def test_code_that_is_pushed_is_what_triggers_start_and_starts_nothing(
    environment: Environment, clients: Clients, root: Path
) -> None:
    code = push(environment, clients, root)
    named = clients("s3").get_object(Bucket=environment.lake.bucket, Key="code/current/training.json")["Body"].read()
    assert json.loads(named) == {"uri": f"s3://screening-dev-lake/code/{code.sha}/", "sha": code.sha}
    assert [key for key in keys(environment, clients) if not key.startswith("code/")] == []


def test_code_that_was_stored_halfway_is_stored_again(environment: Environment, clients: Clients, root: Path) -> None:
    code = start_module.pack_code(environment, environment.pipelines["training"], clients, root)
    clients("s3").put_object(Bucket=environment.lake.bucket, Key=f"code/{code.sha}/sourcedir.tar.gz", Body=b"half")
    start_module.store_code(environment, environment.pipelines["training"], clients, code)
    body = clients("s3").get_object(Bucket=environment.lake.bucket, Key=f"code/{code.sha}/sourcedir.tar.gz")["Body"]
    assert body.read() != b"half"


@pytest.mark.usefixtures("flow")
def test_missing_scripts_are_named_before_anything_is_stored(
    environment: Environment, clients: Clients, root: Path, code: Path
) -> None:
    (code / "train.py").rename(code / "trian.py")
    (code / "evaluate.py").unlink()
    with pytest.raises(RunError) as caught:
        start(environment, clients, root)
    assert [problem.path for problem in caught.value.problems] == ["evaluate.py", "train.py"]
    assert "did you mean `trian.py`" in str(caught.value)
    assert keys(environment, clients) == []


@pytest.mark.usefixtures("flow")
def test_wrong_parameters_store_nothing(environment: Environment, clients: Clients, root: Path) -> None:
    with pytest.raises(UsageError, match="Unknown parameter"):
        start(environment, clients, root, parameters={"hyperparameter": {}})
    assert keys(environment, clients) == []


def test_a_missing_code_folder_says_where_it_was_looked_for(
    environment: Environment, clients: Clients, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="Code folder is missing") as caught:
        start(environment, clients, tmp_path / "nowhere")
    assert "nowhere" in caught.value.detail


def test_an_unknown_pipeline_names_the_known_ones(environment: Environment, clients: Clients, root: Path) -> None:
    with pytest.raises(UsageError, match="No such pipeline") as caught:
        start(environment, clients, root, "trainin")
    assert "did you mean `training`" in caught.value.hint


def test_what_the_cloud_refuses_names_the_call(environment: Environment, clients: Clients, root: Path) -> None:
    with pytest.raises(CloudError) as caught:
        start(environment, clients, root)  # there is no state machine
    assert caught.value.call == "stepfunctions:StartExecution"
    assert caught.value.code == "StateMachineDoesNotExist"
