"""Roles, their policy from grants, and the boundary."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pulumi
import pytest

from mlops_iac.components._kit import BoundaryRef, Grant, Reach, Site
from mlops_iac.components.data_lake import DataLake
from mlops_iac.components.identity import LONGEST_INLINE, LONGEST_MANAGED, Boundary, BoundaryArgs, Role, RoleArgs
from mlops_iac.components.registry.sagemaker import ModelRegistry
from mlops_iac.core.errors import BlueprintError
from tests.components.world import run, site

READ = Grant(owner="sample", what="read", actions=("s3:GetObject",), resources=("arn:aws:s3:::b/*",))
WRITE = Grant(owner="sample", what="write", actions=("s3:PutObject",), resources=("arn:aws:s3:::b/*",))
ARGS = RoleArgs(services=("sagemaker.amazonaws.com",), description="Trains")


def test_grants_given_after_the_role_was_made_are_in_its_one_policy() -> None:
    def program() -> None:
        role = Role(site().named("trainer"), ARGS)
        role.grant(WRITE)
        role.grant(READ)

    made = run(program)
    assert [s["Sid"] for s in made.get("trainer-policy").document("policy")["Statement"]] == [
        "SampleRead",
        "SampleWrite",
    ]


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
        second.grant(Grant(owner="sample", what="pass", actions=("iam:PassRole",), resources=(first.role_arn,)))

    made = run(program)
    policy = made.get("second-policy")
    assert made.get("first-role").urn in policy.dependencies
    assert policy.document("policy")["Statement"][0]["Resource"] == [
        "arn:aws:iam::123456789012:role/screening-dev-first-role"
    ]


def test_a_session_of_a_role_lasts_an_hour_unless_it_says_more() -> None:
    def program() -> None:
        Role(site().named("short"), ARGS).grant(READ)
        Role(site().named("long"), replace(ARGS, max_hours=12)).grant(READ)

    made = run(program)
    seconds = [made.get(f"{name}-role").inputs["maxSessionDuration"] for name in ("short", "long")]
    assert seconds == [3600, 43_200]


def test_the_quotas_are_awss() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, "IAM and STS character limits"."""
    assert (LONGEST_INLINE, LONGEST_MANAGED) == (10_240, 6_144)


def test_the_same_grant_twice_is_one() -> None:
    made = run(lambda: Role(site().named("trainer"), ARGS).grant(READ, READ))
    assert len(made.get("trainer-policy").document("policy")["Statement"]) == 1


def test_what_an_owner_allows_by_one_word_is_one_statement_on_all_its_resources() -> None:
    more = replace(READ, resources=("arn:aws:s3:::b/*", "arn:aws:s3:::c/*"))
    made = run(lambda: Role(site().named("trainer"), ARGS).grant(READ, more))
    (statement,) = made.get("trainer-policy").document("policy")["Statement"]
    assert (statement["Sid"], statement["Resource"]) == ("SampleRead", ["arn:aws:s3:::b/*", "arn:aws:s3:::c/*"])


@pytest.mark.parametrize(
    "other",
    [
        replace(READ, actions=("s3:ListBucket",)),
        replace(READ, conditions={"Bool": {"aws:SecureTransport": "true"}}),
        replace(READ, owner="Sample-"),
    ],
    ids=["other actions", "other conditions", "another owner of the same words"],
)
def test_one_name_for_two_meanings_is_refused(other: Grant) -> None:
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


def ceiling(program: Callable[[Site], object], args: BoundaryArgs | None = None) -> str:
    """The boundary of a site in which a program made something after it."""

    def everything() -> None:
        here = site()
        Boundary(here.named("boundary"), args)
        program(here)

    text: str = run(everything).get("boundary-policy").inputs["policy"]
    return text


def test_the_boundary_is_what_the_components_in_use_may_allow_on_this_stack() -> None:
    registry = ceiling(lambda here: ModelRegistry(here.named("models")))
    lake = ceiling(lambda here: DataLake(here.named("lake")))
    assert ("sagemaker:CreateModelPackage" in registry, "s3:GetObject" in registry) == (True, False)
    assert ("sagemaker:CreateModelPackage" in lake, "s3:GetObject" in lake) == (False, True)
    assert '"arn:aws:s3:::screening-dev-*"' in lake
    assert '"arn:aws:sagemaker:*:123456789012:*/screening-dev-*"' in registry


def test_what_was_adopted_is_within_the_boundary() -> None:
    text = ceiling(lambda here: DataLake.adopt(here.named("lake"), bucket_name="their-lake"))
    assert '"Resource":["arn:aws:s3:::their-lake","arn:aws:s3:::their-lake/*"]' in text


def bounded(*grants: Grant, also: tuple[Reach, ...] = ()) -> Callable[[], None]:
    def program() -> None:
        here = site()
        boundary = Boundary(here.named("boundary"), BoundaryArgs(also=also))
        Role(here.named("trainer"), replace(ARGS, boundary=boundary.ref, grants=grants))

    return program


OWN = replace(READ, resources=("arn:aws:s3:::screening-dev-lake-0123abc/raw/*",))


def test_a_grant_within_the_boundary_is_rendered() -> None:
    assert run(bounded(OWN, also=(Reach(actions=("s3:GetObject",)),))).get("trainer-policy")


@pytest.mark.parametrize(
    ("also", "said"),
    [
        ((), "`s3:GetObject`"),
        ((Reach(actions=("s3:PutObject",)),), "`s3:GetObject`"),
        ((Reach(actions=("s3:GetObject",), on=("other-*",)),), "`s3:GetObject` on `arn:aws:s3:::screening-dev-lake-"),
        ((Reach(actions=("s3:GetObject",), conditions={"Bool": {"aws:SecureTransport": "true"}}),), "`s3:GetObject`"),
    ],
    ids=["nothing", "another action", "another resource", "a condition that the grant has not"],
)
def test_a_grant_outside_the_boundary_is_refused_at_build(also: tuple[Reach, ...], said: str) -> None:
    with pytest.raises(BlueprintError, match="A grant stands outside the boundary") as caught:
        run(bounded(OWN, also=also))
    assert "`SampleRead`" in caught.value.detail
    assert said in caught.value.detail


def test_policies_that_iam_would_refuse_for_their_length_are_refused_with_their_length() -> None:
    many = tuple(f"arn:aws:s3:::screening-dev-lake/{number:0120}" for number in range(100))
    with pytest.raises(BlueprintError, match="A policy is too long") as caught:
        run(lambda: Role(site().named("trainer"), ARGS).grant(replace(READ, resources=many)))
    assert f"IAM takes {LONGEST_INLINE:,}" in caught.value.detail
    wide = (Reach(actions=("s3:GetObject",), on=tuple(f"{number:0120}" for number in range(100))),)
    with pytest.raises(BlueprintError, match="A policy is too long") as caught:
        run(bounded(also=wide))
    assert f"IAM takes {LONGEST_MANAGED:,}" in caught.value.detail


def test_in_a_preview_the_policy_is_unknown_but_the_role_is_not() -> None:
    """A grant on something that does not exist yet must not make up an ARN."""

    def program() -> None:
        role = Role(site().named("trainer"), ARGS)
        unknown = pulumi.Output(set(), _done(None), _done(False))
        role.grant(Grant(owner="sample", what="later", actions=("s3:GetObject",), resources=(unknown,)))

    made = run(program, preview=True)
    assert made.get("trainer-role").inputs["name"] == "screening-dev-trainer-role"
    assert isinstance(made.get("trainer-policy").inputs["policy"], pulumi.output.Unknown)


def _done(value: object) -> asyncio.Future:
    future: asyncio.Future = asyncio.Future()
    future.set_result(value)
    return future
