"""One network and one key for many teams: a stack that has them, a company's file that names them, and `doctor`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.environment import Environment
from tests.support.living import Living

STACK = "screening-dev"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the stack of a shared network tells, as `options.adopt` takes it."""
    living = Living(tmp_path_factory.mktemp("network"), "network")
    living.become({}, {})
    told = Environment.from_outputs(living.backend.outputs()).services
    network, key = told["network"].client, told["encryption"].client
    yield {
        "network": {
            "vpc_id": network["VPC_ID"],
            "subnet_ids": network["SUBNET_IDS"].split(","),
            "security_group_id": network["SECURITY_GROUP_ID"],
        },
        "encryption": {"key_arn": key["KEY_ARN"]},
    }
    living.destroy()
    living.stop()


def company(project: Path, adopt: dict[str, Any], *locked: str) -> None:
    rules = {"defaults": {"options": {"adopt": adopt}}, "locked": list(locked)}
    (project / "mlops-iac.yaml").write_text(yaml.safe_dump(rules))


def types(capsys: pytest.CaptureFixture[str]) -> set[str]:
    assert run_command(["preview", STACK, "--json"]) == exit_codes.OK
    steps = json.loads(capsys.readouterr().out)["steps"]
    return {step["urn"].split("::")[2].rsplit("$", 1)[-1] for step in steps}


def test_teams_that_share_make_neither_a_network_nor_a_key(
    project: Path, shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert {"aws:ec2/vpc:Vpc", "aws:kms/key:Key"} <= types(capsys)
    company(project, shared)
    found = types(capsys)
    assert "aws:s3/bucket:Bucket" in found
    assert not {"aws:ec2/vpc:Vpc", "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:kms/key:Key"} & found
    (project / "stacks/Pulumi.platform-network.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  mlops-iac:team: platform\n  mlops-iac:environment: network\n"
        "  mlops-iac:blueprint: network\n"
    )
    assert run_command(["config", "check"]) == exit_codes.OK, "it is no option of the network's own stack"


def test_a_team_may_not_leave_a_network_that_is_locked(
    project: Path, shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    company(project, shared, "options.adopt.network")
    file = project / f"stacks/Pulumi.{STACK}.yaml"
    own = "  mlops-iac:options:\n    adopt: {network: {vpc_id: vpc-0a1b2c3d4e5f60718}}\n"
    file.write_text(file.read_text().replace("  mlops-iac:options:\n", own, 1))
    assert run_command(["preview", STACK]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert "This setting is locked." in told
    assert "mlops-iac.yaml:" in told
