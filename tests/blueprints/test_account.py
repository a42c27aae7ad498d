"""account: what is trusted, what its roles may do, and what they may not; on the embedded cloud, whose IAM decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.components.account.rights import ACCOUNTS, FILES, making
from mlops_iac.components.identity import LONGEST_MANAGED
from mlops_iac.core.deploy_actions import actions_of, example_arn
from mlops_iac.core.errors import ConfigError
from mlops_iac.core.resource_types import MADE
from mlops_iac.program import load
from tests.conftest import make_project
from tests.support.golden import check_golden
from tests.support.living import Living
from tests.support.pulumi_mocks import Made, run_program

CI = {
    "github": {"repository": "acme/ml"},
    "gitlab": {"project": "acme/ml"},
    "azure_devops": {
        "organization": "acme",
        "organization_id": "0f4b5e9c-3c1a-4d5e-9f6a-7b8c9d0e1f2a",
        "project": "ml",
    },
}
BEN = "arn:aws:iam::111122223333:user/ben"
REVIEW = {"plan_review": {"reviewers": [BEN, "sso:Reviewers"]}}
REGION, ACCOUNT, OTHER = "eu-west-1", "123456789012", "churn-dev"
DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/tiny-dev-ci-github-deploy-role"
PREVIEW = f"arn:aws:iam::{ACCOUNT}:role/tiny-dev-ci-github-preview-role"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = make_project(tmp_path_factory.mktemp("account") / "project")
    (root / "stacks/Pulumi.platform-account.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  mlops-iac:team: platform\n  mlops-iac:environment: account\n"
        f"  mlops-iac:blueprint: account\n  mlops-iac:options: {json.dumps({'ci': CI, **REVIEW})}\n"
    )
    return run_program(load(root, "platform-account").run)


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/account.tree.txt", "\n".join(made.tree()) + "\n")


@pytest.mark.parametrize(
    ("role", "host", "audience", "subjects"),
    [
        (
            "ci-github-preview-role",
            "token.actions.githubusercontent.com",
            "sts.amazonaws.com",
            ["repo:acme/ml:pull_request", "repo:acme/ml:ref:refs/heads/main"],
        ),
        (
            "ci-github-deploy-role",
            "token.actions.githubusercontent.com",
            "sts.amazonaws.com",
            ["repo:acme/ml:environment:production"],
        ),
        ("ci-gitlab-deploy-role", "gitlab.com", "sts.amazonaws.com", ["project_path:acme/ml:ref_type:branch:ref:main"]),
        (
            "ci-azure-devops-deploy-role",
            f"vstoken.dev.azure.com/{CI['azure_devops']['organization_id']}",
            "api://AzureADTokenExchange",
            ["sc://acme/ml/mlops-iac-deploy"],
        ),
    ],
)
def test_a_role_is_for_one_repository_and_its_branch_or_environment(
    role: str, host: str, audience: str, subjects: list[str], made: Made
) -> None:
    (statement,) = json.loads(made.get(role, "iam/role:Role")["assumeRolePolicy"])["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {"StringEquals": {f"{host}:aud": audience, f"{host}:sub": subjects}}


def test_only_previews_of_gitlab_are_open_to_every_branch_of_the_project(made: Made) -> None:
    (statement,) = json.loads(made.get("ci-gitlab-preview-role", "iam/role:Role")["assumeRolePolicy"])["Statement"]
    assert statement["Condition"]["StringLike"] == {"gitlab.com:sub": ["project_path:acme/ml:ref_type:branch:ref:*"]}


def test_policies_are_short_enough_for_iam() -> None:
    assert all(sum(right.length for right in part) < LONGEST_MANAGED for part in making())


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    living = Living(tmp_path_factory.mktemp("account"), "account")
    living.become({"ci": {"github": CI["github"]}, **REVIEW}, {"protect": False})
    yield living
    living.stop()


def decide(living: Living, who: str, actions: list[str], arn: str, **more: str) -> dict[str, str]:
    context = {
        "iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/{OTHER}-boundary-policy",
        "iam:PassedToService": "sagemaker.amazonaws.com",
        **{key.replace("_", ":"): value for key, value in more.items()},
    }
    entries: Any = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
        for key, value in context.items()
    ]
    answer = living.cloud.clients(REGION)("iam").simulate_principal_policy(
        PolicySourceArn=who, ActionNames=actions, ResourceArns=[arn], ContextEntries=entries
    )
    return {one["EvalActionName"]: one["EvalDecision"] for one in answer["EvaluationResults"]}


DAG = f"arn:aws:s3:::{OTHER}-pipelines-1234567/dags/training.py"
"""The objects that are resources, and no others, may be written and read."""


def asked() -> Iterator[tuple[str, list[str]]]:
    place = {"partition": "aws", "region": REGION, "account": ACCOUNT, "stack": OTHER}
    for type in sorted(set(MADE) - ACCOUNTS):
        for template, actions in actions_of(type).items():
            is_file = type in FILES and template.endswith("/${ObjectName}")
            yield DAG if is_file else example_arn(template, type, **place), list(actions)


NEVER = {"iam:DeleteRolePermissionsBoundary", "iam:DetachRolePolicy"}


def test_the_deploy_role_may_make_whatever_blueprints_make(living: Living) -> None:
    refused = {
        (action, arn)
        for arn, actions in asked()
        for action, decision in decide(living, DEPLOY, actions, arn).items()
        if decision != "allowed" and action not in NEVER
    }
    assert refused == set()


def test_the_preview_role_changes_nothing(living: Living) -> None:
    allowed = {
        action
        for arn, actions in asked()
        for action, decision in decide(living, PREVIEW, actions, arn).items()
        if decision == "allowed"
    }
    assert allowed
    assert {
        action for action in allowed if not action.partition(":")[2].startswith(("Get", "List", "Describe", "View"))
    } == set()


def test_roles_only_under_a_boundary_and_only_for_services_of_environments(living: Living) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/{OTHER}-jobs-role"
    free = f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess"
    assert decide(living, DEPLOY, ["iam:CreateRole"], role) == {"iam:CreateRole": "allowed"}
    assert decide(living, DEPLOY, ["iam:CreateRole"], role, iam_PermissionsBoundary=free) == {
        "iam:CreateRole": "implicitDeny"
    }
    assert decide(living, DEPLOY, ["iam:PassRole"], role, iam_PassedToService="glue.amazonaws.com") == {
        "iam:PassRole": "implicitDeny"
    }


def test_what_is_the_account_s_own_is_out_of_reach(living: Living) -> None:
    outputs = EmbeddedBackend.outputs(living.backend)
    bucket, key = outputs["stores"]["state"]["bucket"], outputs["stores"]["state"]["key_arn"]
    for action, arn in (
        ("iam:PutRolePolicy", DEPLOY),
        ("iam:UpdateAssumeRolePolicy", DEPLOY),
        ("kms:ScheduleKeyDeletion", key),
        ("s3:PutBucketPolicy", f"arn:aws:s3:::{bucket}"),
        ("s3:DeleteBucket", f"arn:aws:s3:::{bucket}"),
        ("s3:DeleteObjectVersion", f"arn:aws:s3:::{bucket}/.pulumi/stacks/x.json"),
    ):
        assert decide(living, DEPLOY, [action], arn) == {action: "explicitDeny"}, action
    state = f"arn:aws:s3:::{bucket}/.pulumi/stacks/mlops-iac/churn-dev.json"
    assert decide(living, DEPLOY, ["s3:PutObject"], state) == {"s3:PutObject": "allowed"}
    assert decide(living, PREVIEW, ["s3:GetObject", "s3:PutObject"], state) == {
        "s3:GetObject": "allowed",
        "s3:PutObject": "implicitDeny",
    }
    lake = f"arn:aws:s3:::{OTHER}-lake-1234567/raw/patients.csv"
    assert decide(living, PREVIEW, ["s3:GetObject"], lake) == {"s3:GetObject": "implicitDeny"}
    assert decide(living, DEPLOY, ["s3:GetObject", "s3:PutObject"], lake) == {
        "s3:GetObject": "implicitDeny",
        "s3:PutObject": "implicitDeny",
    }


def test_who_plans_and_who_deploys_verifies_approvals_and_makes_none(living: Living) -> None:
    key = EmbeddedBackend.outputs(living.backend)["services"]["plan-review"]["endpoint"]
    for role in (PREVIEW, DEPLOY):
        assert decide(living, role, ["kms:GetPublicKey", "kms:Sign", "kms:Verify"], key) == {
            "kms:GetPublicKey": "allowed",
            "kms:Sign": "explicitDeny",
            "kms:Verify": "allowed",
        }
    for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"):
        assert decide(living, DEPLOY, [action], key) == {action: "explicitDeny"}


def test_nobody_signs_by_the_account_s_policies(made: Made) -> None:
    """An administrator's `*` is none of it: the key's own policy names who signs, and where."""
    statements = json.loads(made.get("review-key", "kms/key:Key")["policy"])["Statement"]
    signing = {one["Sid"]: one for one in statements if "kms:Sign" in one["Action"]}
    assert {sid: one["Principal"] for sid, one in signing.items()} == {
        "ReviewersSign": {"AWS": [BEN]},
        "SetSigns1": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    }
    sets = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com"
    name = "AWSReservedSSO_Reviewers_" + "?" * 16
    assert signing["SetSigns1"]["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": [f"{sets}/{name}", f"{sets}/*/{name}"]}
    }


@pytest.mark.parametrize(
    ("reviewers", "said"),
    [
        (["arn:aws-cn:iam::111122223333:user/ben"], "is in partition `aws-cn`"),
        ([f"arn:aws:iam::{ACCOUNT}:role/platform-account-ci-github-deploy-role"], "would approve what it has planned"),
        ([BEN, BEN], "named twice"),
        (["arn:aws:iam::111122223333:root"], "stands for everybody"),
    ],
)
def test_who_cannot_review_is_refused_at_its_line(reviewers: list[str], said: str, tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    options = {"ci": {"github": CI["github"]}, "plan_review": {"reviewers": reviewers}}
    (root / "stacks/Pulumi.platform-account.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  mlops-iac:team: platform\n  mlops-iac:environment: account\n"
        f"  mlops-iac:blueprint: account\n  mlops-iac:options: {json.dumps(options)}\n"
    )
    with pytest.raises(ConfigError) as caught:
        run_program(load(root, "platform-account").run)
    assert said in str(caught.value)
    assert "Pulumi.platform-account.yaml:6" in str(caught.value)


def test_states_go_to_the_bucket_and_come_back_as_they_were(living: Living) -> None:
    """The layout on this machine is Pulumi's own for a bucket too; what was written over can be had back."""
    store, stack = living.backend.store, living.backend.stack
    folder = living.backend.home / "state"
    before = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.json")}
    s3 = living.cloud.clients(REGION)("s3")
    bucket = EmbeddedBackend.outputs(living.backend)["stores"]["state"]["bucket"]
    for key, body in before.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    (key,) = [key for key in before if key.startswith(".pulumi/stacks/") and key.endswith(f"/{stack}.json")]
    s3.put_object(Bucket=bucket, Key=key, Body=b"spoilt")
    versions = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    (first,) = [one for one in versions if one["Key"] == key and not one["IsLatest"]]
    kept = s3.get_object(Bucket=bucket, Key=key, VersionId=first["VersionId"])["Body"].read()
    (folder / key).write_bytes(kept)
    assert kept == before[key]
    assert len([record for record in store.get(stack) if record.custom]) > 10
    living.settle()
