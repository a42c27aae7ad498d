"""Roles, their policy from grants, and the boundary."""

from __future__ import annotations

import asyncio
import json

import pulumi
import pytest

from mlops_iac.components._kit import BoundaryRef, Grant
from mlops_iac.components.identity import Boundary, BoundaryArgs, Role, RoleArgs
from mlops_iac.core.errors import BlueprintError
from tests.components.world import run, site

READ = Grant(sid="Read", actions=("s3:GetObject",), resources=("arn:aws:s3:::b/*",))
WRITE = Grant(sid="Write", actions=("s3:PutObject",), resources=("arn:aws:s3:::b/*",))
ARGS = RoleArgs(services=("sagemaker.amazonaws.com",), description="Trains")


def test_grants_given_after_the_role_was_made_are_in_its_one_policy() -> None:
    def program() -> None:
        role = Role(site().named("trainer"), ARGS)
        role.grant(WRITE)
        role.grant(READ)

    made = run(program)
    assert [s["Sid"] for s in made.get("trainer-policy").document("policy")["Statement"]] == ["Read", "Write"]


def test_the_order_of_granting_does_not_change_the_policy() -> None:
    def text(*grants: Grant) -> str:
        made = run(lambda: Role(site().named("trainer"), ARGS).grant(*grants))
        return made.get("trainer-policy").inputs["policy"]

    assert text(READ, WRITE) == text(WRITE, READ)


def test_a_resource_that_is_made_by_the_program_makes_the_policy_wait_for_it() -> None:
    def program() -> None:
        first = Role(site().named("first"), ARGS)
        first.grant(READ)
        second = Role(site().named("second"), ARGS)
        second.grant(Grant(sid="Pass", actions=("iam:PassRole",), resources=(first.role_arn,)))

    made = run(program)
    policy = made.get("second-policy")
    assert made.get("first-role").urn in policy.dependencies
    assert policy.document("policy")["Statement"][0]["Resource"] == [
        "arn:aws:iam::123456789012:role/screening-dev-first-role"
    ]


def test_the_same_grant_twice_is_one() -> None:
    made = run(lambda: Role(site().named("trainer"), ARGS).grant(READ, READ))
    assert len(made.get("trainer-policy").document("policy")["Statement"]) == 1


def test_another_grant_under_the_same_name_is_refused() -> None:
    other = Grant(sid="Read", actions=("s3:ListBucket",), resources=("arn:aws:s3:::b",))
    with pytest.raises(BlueprintError, match="Two grants have one name"):
        run(lambda: Role(site().named("trainer"), ARGS).grant(READ, other))


def test_a_role_that_may_do_nothing_is_refused() -> None:
    with pytest.raises(BlueprintError, match="A role may do nothing"):
        run(lambda: Role(site().named("trainer"), ARGS))


def test_granting_after_the_policy_was_rendered_is_refused() -> None:
    """Rendering happens when the program's last line is done; a later grant would be lost without a word."""
    late: list[BlueprintError] = []

    def program() -> None:
        role = Role(site().named("trainer"), ARGS)
        role.grant(READ)

        def grant(_: str) -> None:
            try:
                role.grant(WRITE)
            except BlueprintError as error:
                late.append(error)

        role.nodes.policy.policy.apply(grant)

    run(program)
    assert [error.summary for error in late] == ["Granted too late."]


def test_a_service_may_assume_a_role_for_this_account_only() -> None:
    made = run(lambda: Role(site().named("trainer"), ARGS).grant(READ))
    trust = made.get("trainer-role").document("assumeRolePolicy")["Statement"]
    assert trust == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["sagemaker.amazonaws.com"]},
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    ]


def test_a_role_wears_its_boundary() -> None:
    args = RoleArgs(
        services=("ec2.amazonaws.com",),
        description="x",
        boundary=BoundaryRef(arn="arn:aws:iam::1:policy/b"),
        grants=[READ],
    )
    made = run(lambda: Role(site().named("machine"), args))
    assert made.get("machine-role").inputs["permissionsBoundary"] == "arn:aws:iam::1:policy/b"


def test_the_boundary_knows_this_stack_and_what_was_adopted() -> None:
    adopted = BoundaryArgs(adopted_arns=("arn:aws:s3:::their-lake",))
    made = run(lambda: Boundary(site().named("boundary"), adopted))
    statements = {s["Sid"]: s for s in made.get("boundary-policy").document("policy")["Statement"]}
    assert statements["Adopted"]["Resource"] == ["arn:aws:s3:::their-lake", "arn:aws:s3:::their-lake/*"]
    assert "arn:aws:s3:::screening-dev-*" in statements["OwnNames"]["Resource"]
    assert "screening-prod" not in json.dumps(statements)


def test_in_a_preview_the_policy_is_unknown_but_the_role_is_not() -> None:
    """A grant on something that does not exist yet must not make up an ARN."""

    def program() -> None:
        role = Role(site().named("trainer"), ARGS)
        unknown = pulumi.Output(set(), _done(None), _done(False))
        role.grant(Grant(sid="Later", actions=("s3:GetObject",), resources=(unknown,)))

    made = run(program, preview=True)
    assert made.get("trainer-role").inputs["name"] == "screening-dev-trainer-role"
    assert isinstance(made.get("trainer-policy").inputs["policy"], pulumi.output.Unknown)


def _done(value: object) -> asyncio.Future:
    future: asyncio.Future = asyncio.Future()
    future.set_result(value)
    return future
