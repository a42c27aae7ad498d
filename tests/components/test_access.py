"""Roles for persons: whom they trust, what each level adds, and that it all fits into what IAM takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from mlops_iac.components._kit import Site
from mlops_iac.components.access import Access, AccessArgs, Member
from mlops_iac.components.approvals import Approvals
from mlops_iac.components.data_lake import DataLake
from mlops_iac.components.identity import LONGEST_TRUST
from mlops_iac.components.orchestrator.step_functions import StepFunctions, StepFunctionsArgs
from mlops_iac.core.access import LEVELS, Level
from mlops_iac.core.errors import BlueprintError
from tests.components.world import ACCOUNT, World, everything, run, site

HERE = f"arn:aws:iam::{ACCOUNT}"


def small(place: Site) -> None:
    """What persons look at, run and answer."""
    DataLake(place.named("lake"))
    Approvals(place.named("approvals"))
    StepFunctions(place.named("training"), StepFunctionsArgs(definition="{}"))


def entered(members: dict[Level, Sequence[Member]]) -> World:
    def make() -> None:
        place = site("standard")
        small(place)
        Access(place.named("access"), AccessArgs(members=members))

    return run(make)


def named(world: World, name: str) -> Any:
    return next(made for made in world.resources if made.name == name)


def trust(world: World, level: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = named(world, f"access-{level}-role").document("assumeRolePolicy")["Statement"]
    return found


def actions(world: World, level: str) -> set[str]:
    statements = named(world, f"access-{level}-policy").document("policy")["Statement"]
    return {action for statement in statements for action in statement["Action"]}


EACH: dict[Level, Sequence[Member]] = {level: [Member(principal=f"{HERE}:user/{level}")] for level in LEVELS}


def test_each_level_adds_to_the_one_before() -> None:
    world = entered(EACH)
    viewer, scientist, admin = (actions(world, level) for level in LEVELS)
    assert viewer < scientist < admin
    assert {"states:ListExecutions", "s3:GetObject"} <= viewer
    assert {"states:StartExecution", "s3:PutObject"} <= scientist - viewer
    assert {"sqs:ReceiveMessage", "states:SendTaskSuccess"} <= admin - scientist
    assert "s3:DeleteObject" not in admin


def test_a_viewer_reads_no_data() -> None:
    statements = named(entered(EACH), "access-viewer-policy").document("policy")["Statement"]
    objects = {one for s in statements if "s3:GetObject" in s["Action"] for one in s["Resource"]}
    assert {one.partition("/")[2] for one in objects} == {"models/*", "audit/*"}


def test_nobody_is_trusted_but_those_who_are_named() -> None:
    assert trust(entered(EACH), "viewer") == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": [f"{HERE}:user/viewer"]}}
    ]


def test_a_second_factor_and_a_last_day_are_conditions_of_their_own_statements() -> None:
    day = date(2027, 1, 31)
    world = entered(
        {
            "viewer": [
                Member(principal=f"{HERE}:user/b", mfa=True),
                Member(principal=f"{HERE}:user/a", mfa=True),
                Member(principal=f"{HERE}:role/c", until=day),
            ]
        }
    )
    found = {tuple(one["Principal"]["AWS"]): one["Condition"] for one in trust(world, "viewer")}
    assert found == {
        (f"{HERE}:user/a", f"{HERE}:user/b"): {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        (f"{HERE}:role/c",): {"DateLessThanEquals": {"aws:CurrentTime": "2027-01-31T23:59:59Z"}},
    }


@pytest.mark.parametrize(("said", "account"), [("sso:Data", ACCOUNT), ("sso:222222222222/Data", "222222222222")])
def test_a_permission_set_is_trusted_by_its_name_and_nobody_else_of_the_account(said: str, account: str) -> None:
    (statement,) = trust(entered({"admin": [Member(principal=said)]}), "admin")
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{account}:root"}
    role = f"arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/"
    assert statement["Condition"]["ArnLike"]["aws:PrincipalArn"] == [
        f"{role}AWSReservedSSO_Data_{'?' * 16}",
        f"{role}*/AWSReservedSSO_Data_{'?' * 16}",
    ]


def test_a_level_without_persons_has_no_role() -> None:
    world = entered({"viewer": EACH["viewer"], "admin": []})
    assert {made.name for made in world.resources if made.type == "aws:iam/role:Role"} >= {"access-viewer-role"}
    assert not [made for made in world.resources if made.name.startswith(("access-admin", "access-scientist"))]


def test_roles_of_persons_stand_under_a_boundary_that_pipelines_of_ci_may_use() -> None:
    world = entered(EACH)
    boundary = named(world, "access-boundary-policy")
    assert boundary.inputs["name"].endswith("-boundary-policy")
    for level in LEVELS:
        assert named(world, f"access-{level}-role").inputs["permissionsBoundary"]


def test_all_components_together_fit_into_the_policies_of_persons() -> None:
    world = run(lambda: everything(site("standard")))
    assert [made for made in world.resources if made.name == "a-access-boundary-policy"]


def test_more_persons_than_a_trust_policy_holds_are_refused_with_its_length() -> None:
    many = [Member(principal=f"{HERE}:user/somebody-whose-name-is-long-{number:03}") for number in range(40)]
    with pytest.raises(BlueprintError) as caught:
        entered({"viewer": many})
    assert f"IAM takes {LONGEST_TRUST:,}" in caught.value.detail


def test_where_nothing_is_for_persons_that_is_said() -> None:
    with pytest.raises(BlueprintError, match="nothing for persons"):
        run(lambda: Access(site("standard").named("access"), AccessArgs(members=EACH)))
