"""`mlops-iac doctor`: lines for people, an object for scripts, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.clients import Clients
from mlops_iac.core import exit_codes
from mlops_iac.doctor.checks import disk
from tests.doctor.cases import applied, listed, offered, simulated, used
from tests.support.recorded_aws import Answer, recorded

STACK = "screening-dev"
CALLER: Answer = {"Account": "111122223333", "UserId": "AIDA", "Arn": "arn:aws:iam::111122223333:user/me"}


@pytest.fixture(autouse=True)
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


def answered(monkeypatch: pytest.MonkeyPatch, **answers: Answer) -> None:
    """AWS answers like this, in whatever region it is asked."""
    services = "athena batch budgets cloudwatch dynamodb ec2 ecr events glue iam kms lambda logs s3 sagemaker scheduler"
    known: dict[str, Answer] = {
        **used(),
        "sts.GetCallerIdentity": CALLER,
        "ssm.GetParametersByPath": listed(*services.split(), "sns", "sqs", "ssm", "stepfunctions"),
        "iam.SimulatePrincipalPolicy": simulated(),
        "ec2.DescribeInstanceTypeOfferings": offered("eu-west-1a", "eu-west-1b"),
        **answers,
    }
    clients = recorded(known)
    monkeypatch.setattr(Clients, "aws", classmethod(lambda cls, region, profile=None: clients))


def test_a_machine_that_has_all(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["doctor", STACK]) == exit_codes.OK
    told = capsys.readouterr()
    assert "pass  interpreters: jobs of sklearn 1.4-2 run in Python" in told.out
    assert "fail" not in told.out
    assert "all is well" in told.err
    assert not (here / ".mlops-iac").exists(), "it changes nothing and starts nothing"


def test_a_line_that_fails_is_the_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(disk.LEAST, "embedded", 1e9)
    assert run_command(["doctor", STACK, "--json"]) == exit_codes.ERROR
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert found["stack"] == STACK
    assert found["cloud"] == "embedded"
    (failed,) = [each for each in found["checks"] if each["outcome"] == "fail"]
    assert failed["check"] == "disk"
    assert "MLOPS_IAC_CACHE" in failed["fix"]


def test_an_account_that_has_all(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The CLI is looked for on the PATH, and these machines have none: that line alone fails."""
    answered(monkeypatch)
    run_command(["doctor", STACK, "--cloud", "aws", "--json"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert {each["check"] for each in checks if each["outcome"] != "pass"} <= {"pulumi"}
    assert any(each["says"].startswith("VPCs in the region: 1 of 5 used, 1 needed") for each in checks)
    assert any("ml.m5.large for training job usage: 4 allowed, 1 needed" in each["says"] for each in checks)
    assert any(each["says"].startswith("arn:aws:iam::111122223333:user/me may do all") for each in checks)


def test_the_sixth_network_of_a_region_is_told_before_the_first_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, **{"ec2.DescribeVpcs": {"Vpcs": [{"VpcId": f"vpc-{number}"} for number in range(5)]}})
    assert run_command(["doctor", STACK, "--cloud", "aws"]) == exit_codes.ERROR
    out = capsys.readouterr().out
    assert "fail  quotas: VPCs in the region: 5 of 5 used, 1 needed\n      fix: share one: `mlops-iac new" in out


def test_what_aws_says_cannot_steer_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = {"Quota": {"QuotaName": "x", "Value": 5.0, "QuotaCode": "L-1"}}
    answered(monkeypatch, **{"service-quotas.GetServiceQuota": odd, "ec2.DescribeInstanceTypeOfferings": applied()})
    answered(monkeypatch, **{"sts.GetCallerIdentity": {**CALLER, "Arn": "arn:aws:iam::1:user/\x1b[2J"}})  # type: ignore[dict-item]
    run_command(["doctor", STACK, "--cloud", "aws"])
    assert "\x1b" not in capsys.readouterr().out


def test_a_stack_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["doctor", "screning-dev"]) == exit_codes.STACK_NOT_FOUND
    assert "did you mean `screening-dev`" in capsys.readouterr().err


def test_outside_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["doctor"]) == exit_codes.OK
    assert run_command(["doctor", STACK]) == exit_codes.CONFIGURATION
    assert "This is not a project." in capsys.readouterr().err
