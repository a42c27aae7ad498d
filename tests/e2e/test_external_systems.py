"""Systems of others, from the stack file to scripts that have their credentials, as the guide tells it, on each
orchestrator; IAM decides, and what was put into Secrets Manager is there after the cloud was killed."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.pipelines.compile import TARGETS
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.runs("processing", "training", on=TARGETS)]

STACK = "tiny-dev"
LINK = "com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f67890"
OPTIONS = f"""
external:
  warehouse: {{kind: snowflake, account: acme, user: ML, secret: acme/warehouse, private_link: {LINK}}}
  wandb: {{kind: wandb, entity: acme, project: tiny, secret: acme/wandb, private_link: {LINK[:-1]}1}}
  google: {{kind: vertex-ai, project: acme, location: europe-west4, secret: acme/google}}
"""
TRAINING = """
extends: training
steps:
  prepare: {uses: [warehouse]}
  train: {uses: [wandb]}
"""
TELL = """
        import os
        print("found", sorted(name for name in os.environ if name.startswith(("SNOW", "WANDB", "MLOPS_IAC_FETCH"))))
        print("has", len(os.environ.get("SNOWFLAKE_PASSWORD", "")), len(os.environ.get("WANDB_API_KEY", "")))
"""
SECRETS = {"acme/warehouse": '{"password": "hunter2hunter2"}', "acme/wandb": "0123456789abcdef0123456789abcdef01234567"}


@pytest.fixture(scope="module", params=EACH_TARGET)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp("external") / "project"
    with tiny_environment(folder, request.param, {"training": TRAINING}, options=OPTIONS) as made:
        for script in ("prepare.py", "train.py", "evaluate.py"):
            file = made.folder / "examples/tiny" / script
            file.write_text(TELL.replace("\n        ", "\n").strip() + "\n" + file.read_text())
        yield made


def secrets(project: TinyEnvironment) -> Any:
    return project.cloud.clients("eu-west-1")("secretsmanager")


def test_a_run_without_the_secrets_says_which_is_missing(project: TinyEnvironment) -> None:
    project.run("run", STACK, "--follow", code=1)
    log = project.run("logs", STACK, "last", "prepare")
    assert "The secret `acme/warehouse` is not there, or this job may not read it" in log


def test_a_script_has_its_own_systems_credentials_and_no_other(project: TinyEnvironment) -> None:
    for name, text in SECRETS.items():
        secrets(project).create_secret(Name=name, SecretString=text)
    project.run("run", STACK, "--follow")
    prepared, trained, measured = (project.run("logs", STACK, "last", one) for one in ("prepare", "train", "evaluate"))
    assert "found ['SNOWFLAKE_ACCOUNT', 'SNOWFLAKE_PASSWORD', 'SNOWFLAKE_USER']" in prepared
    assert "has 14 0" in prepared
    assert "found ['WANDB_API_KEY', 'WANDB_BASE_URL', 'WANDB_ENTITY', 'WANDB_PROJECT']" in trained
    assert "has 0 40" in trained
    assert "found []" in measured


def test_no_job_and_no_state_and_no_output_holds_a_secret(project: TinyEnvironment) -> None:
    sagemaker = project.cloud.clients("eu-west-1")("sagemaker")
    jobs = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    told = [sagemaker.describe_training_job(TrainingJobName=one["TrainingJobName"]) for one in jobs]
    texts = [json.dumps(told, default=str), project.run("outputs", STACK, "--json"), json.dumps(project.state(STACK))]
    texts += [project.run("runs", STACK, "last", "--json"), project.run("env", STACK)]
    assert all("MLOPS_IAC_FETCH_1" in one["Environment"] for one in told)
    assert [text for text in texts if "hunter2" in text or SECRETS["acme/wandb"] in text] == []


def test_the_jobs_role_may_read_what_a_step_names_and_nothing_else(project: TinyEnvironment) -> None:
    iam = project.cloud.clients("eu-west-1")("iam")
    role = "tiny-dev-compute-job-role"
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    granted = [one["Resource"] for one in document["Statement"] if "secretsmanager:GetSecretValue" in one["Action"]]
    own = "arn:aws:secretsmanager:eu-west-1:123456789012:secret"
    assert sorted(json.dumps(granted).count(f"{own}:{name}-??????") for name in ("acme/wandb", "acme/warehouse")) == [
        1,
        1,
    ]
    assert "acme/google" not in json.dumps(granted), "no step uses it"


def test_a_command_has_them_after_the_cloud_was_killed(project: TinyEnvironment) -> None:
    pid = json.loads((project.folder / ".mlops-iac/cloud/cloud.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    script = "import os; print(os.environ['SNOWFLAKE_PASSWORD'], os.environ['WANDB_ENTITY'])"
    assert project.run("env", STACK, "--", sys.executable, "-c", script) == "hunter2hunter2 acme\n"


def test_what_is_left_out_is_taken_away(project: TinyEnvironment) -> None:
    file = project.folder / f"stacks/Pulumi.{STACK}.yaml"
    file.write_text(
        "\n".join(line for line in file.read_text().splitlines() if "kind:" not in line and "external" not in line)
    )
    (project.folder / "examples/tiny/pipelines/training.yaml").unlink()
    project.run("up", STACK, "--yes")
    ec2 = project.cloud.clients("eu-west-1")("ec2")
    live = [one for one in ec2.describe_vpc_endpoints()["VpcEndpoints"] if one["State"].lower() == "available"]
    assert not [one for one in live if "vpce-svc" in one["ServiceName"] or "secretsmanager" in one["ServiceName"]]
    assert "warehouse" not in json.loads(project.run("outputs", STACK, "--json"))["services"]
    assert secrets(project).get_secret_value(SecretId="acme/warehouse")["SecretString"], "it is nobody's of ours"
