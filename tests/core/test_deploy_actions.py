"""What whoever deploys must be allowed: derived from the handlers, and no less than what they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.cloud import deploy_actions as derived
from mlops_iac.cloud.handlers import HANDLERS
from mlops_iac.core import deploy_actions
from mlops_iac.core.deploy_actions import actions_for, actions_of, example_arn, known_types

PLACE = {"partition": "aws", "region": "eu-west-1", "account": "111122223333", "stack": "churn-dev"}


def test_the_file_is_what_the_handlers_say() -> None:
    """`python -m mlops_iac.cloud.deploy_actions > mlops_iac/core/deploy_actions.json` writes it anew."""
    written = (Path(deploy_actions.__file__).parent / "deploy_actions.json").read_text()
    assert written == derived.render() + "\n"


@pytest.mark.parametrize("type", HANDLERS)
def test_each_type_is_made_read_and_deleted(type: str) -> None:
    actions = [action.partition(":")[2] for each in actions_of(type).values() for action in each]
    assert actions
    assert all(":" not in action and "*" not in action for action in actions)


def test_known_types_are_those_of_the_cloud() -> None:
    assert set(known_types()) == set(HANDLERS)


def test_several_types_together() -> None:
    both = actions_for(["aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "acme:index:Unknown"])
    assert {"ec2:CreateVpc", "ec2:CreateSubnet", "ec2:DescribeVpcs"} <= {one for each in both.values() for one in each}


@pytest.mark.parametrize(
    ("type", "action", "arn"),
    [
        ("aws:s3/bucket:Bucket", "s3:CreateBucket", "arn:aws:s3:::churn-dev-example"),
        ("aws:iam/role:Role", "iam:CreateRole", "arn:aws:iam::111122223333:role/churn-dev-example"),
        ("aws:kms/alias:Alias", "kms:CreateAlias", "arn:aws:kms:eu-west-1:111122223333:alias/churn-dev-example"),
        (
            "aws:ssm/parameter:Parameter",
            "ssm:PutParameter",
            "arn:aws:ssm:eu-west-1:111122223333:parameter/mlops-iac/churn-dev-example",
        ),
        ("aws:ec2/vpc:Vpc", "ec2:DescribeVpcs", "*"),
    ],
)
def test_it_is_asked_about_names_that_the_stack_would_give(type: str, action: str, arn: str) -> None:
    (template,) = [template for template, actions in actions_of(type).items() if action in actions]
    assert example_arn(template, type, **PLACE) == arn


def test_the_file_is_small() -> None:
    assert Path(deploy_actions.__file__).with_suffix(".json").stat().st_size < 40_000
