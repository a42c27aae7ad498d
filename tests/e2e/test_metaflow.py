"""The digits team's flow as its README says: deployed by the real Metaflow, run by the embedded cloud, read by
Metaflow's client, and nothing of it stays."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("metaflow")]

STACK = "digits-dev"
EXAMPLE = Path("examples/digits")
LEFT = """
import boto3

machines = boto3.client("stepfunctions").list_state_machines()["stateMachines"]
definitions = boto3.client("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
tables = boto3.client("dynamodb").list_tables()["TableNames"]
print(machines, definitions, tables, boto3.client("s3").list_buckets()["Buckets"])
"""


@pytest.fixture(scope="module")
def metaflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person's own Python with Metaflow and what the flow's artifacts are made of."""
    folder = tmp_path_factory.mktemp("person") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    wanted = ["metaflow>=2.19,<3", "scikit-learn==1.4.2", "numpy==2.1.0"]
    subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True)
    return python


@pytest.fixture(scope="module")
def digits(story: tuple[Cli, Path]) -> tuple[Cli, Path]:
    cli, folder = story
    shutil.copy(CHECKOUT / EXAMPLE / "Pulumi.digits-dev.yaml", folder / "stacks")
    cli("up", STACK, "--yes")
    return story


def test_the_flow_runs_and_its_model_is_read_by_metaflow(digits: tuple[Cli, Path], metaflow: Path) -> None:
    cli, folder = digits
    assert "no runs yet" in cli("runs", STACK).err
    cli("run", STACK, "--follow", "--set", "trees=10,30", timeout=1200)
    run = cli("runs", "show", STACK, "last", "--json").json
    assert {step["name"]: step["status"] for step in run["steps"]} == dict.fromkeys(
        ("start", "look", "choose", "fit", "best", "together", "end"), "succeeded"
    )
    assert run["parameters"] == {"depth": 12, "least": 0.9, "trees": "10,30"}
    told = cli("logs", STACK, "last", "fit").out
    assert "10 trees: 0.9" in told
    assert "30 trees: 0.9" in told

    assert cli("runs", "pull", STACK, "last", "--json").json["tasks"] == 8
    report = cli("env", STACK, "--", str(metaflow), str(EXAMPLE / "report.py"))
    assert f"DigitsFlow/sfn-{STACK}-{run['id']}: 30 trees" in report.out
    assert not [*folder.glob(f"{EXAMPLE}/**/__pycache__")]


def test_a_run_that_fails_says_which_step_and_why(digits: tuple[Cli, Path]) -> None:
    cli, _ = digits
    failed = cli("run", STACK, "--follow", "--set", "trees=none", code=1, timeout=600)
    assert "Step `choose`" in failed.err
    assert "invalid literal for int()" in failed.err
    steps = {step["name"]: step["status"] for step in cli("runs", "show", STACK, "last", "--json").json["steps"]}
    assert steps["choose"] == "failed"
    assert steps["fit"] == "skipped"
    assert "begins at its first step" in cli("runs", "retry", STACK, "last", code=2).err


def test_what_a_person_does_by_hand_belongs_to_the_stack(
    digits: tuple[Cli, Path], metaflow: Path, tmp_path: Path
) -> None:
    """And a flow that is under way is stopped when the environment goes."""
    cli, _ = digits
    me = {"METAFLOW_USER": "anna", "METAFLOW_HOME": str(tmp_path)}
    flow = str(EXAMPLE / "flow.py")
    deployed = cli("env", STACK, "--", str(metaflow), flow, "step-functions", "create", env=me, code=1)
    assert "deployed by the user" in deployed.out + deployed.err  # Metaflow asks for the production token
    triggered = cli("env", STACK, "--", str(metaflow), flow, "step-functions", "trigger", env=me)
    assert "triggered on AWS Step Functions" in triggered.out + triggered.err
    variables = cli("env", STACK, "--json").json["variables"]
    gone = cli("destroy", STACK, "--yes", timeout=600)
    assert "deployed flow's part" in gone.out + gone.err
    done = subprocess.run(
        [str(metaflow), "-c", LEFT], env={**variables, "PATH": "/usr/bin"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] [] [] []"
