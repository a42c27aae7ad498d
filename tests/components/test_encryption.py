"""The key: one, rotated, with users that are named."""

from __future__ import annotations

from mlops_iac.components._kit import Grant
from mlops_iac.components.encryption import Encryption
from mlops_iac.components.identity import Role, RoleArgs
from tests.components.world import run, site


def test_the_key_rotates_and_has_an_alias() -> None:
    made = run(lambda: Encryption(site().named("key")))
    assert made.get("key-key").inputs["rotationPeriodInDays"] == 365
    assert made.get("key-alias").inputs["name"] == "alias/screening-dev-key"


def test_the_key_can_be_saved_longer_where_it_matters() -> None:
    days = {
        p: run(lambda p=p: Encryption(site(p).named("key"))).get("key-key").inputs["deletionWindowInDays"]
        for p in ("standard", "regulated")
    }
    assert days == {"standard": 7, "regulated": 30}


def test_services_use_the_key_for_this_account_only() -> None:
    statements = {
        s["Sid"]: s for s in run(lambda: Encryption(site().named("key"))).get("key-key").document("policy")["Statement"]
    }
    assert statements["PublishersUse"]["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    logs = "arn:aws:logs:eu-west-1:123456789012"
    context = {"kms:EncryptionContext:aws:logs:arn": f"{logs}:log-group:*"}
    assert statements["LogsUse"]["Condition"] == {"ArnLike": context}
    assert statements["DeliveryUses"]["Condition"] == {"StringEquals": {"kms:EncryptionContext:SourceArn": f"{logs}:*"}}
    assert statements["AccountAdministers"]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


def test_without_a_key_nothing_is_granted() -> None:
    def program() -> None:
        encryption = Encryption(site("sandbox").named("key"))
        role = Role(site("sandbox").named("job"), RoleArgs(services=("sagemaker.amazonaws.com",), description="x"))
        encryption.grant_use(role)
        assert encryption.ref is None
        assert role.grants == ()
        role.grant(Grant(owner="sample", what="any", actions=("s3:GetObject",), resources=("arn:aws:s3:::b/*",)))

    run(program)


def test_an_adopted_key_is_used_and_not_made() -> None:
    found: list[Encryption] = []
    made = run(lambda: found.append(Encryption.adopt(site().named("key"), key_arn="arn:aws:kms:eu-west-1:1:key/2")))
    assert made.names() == set()
    assert found[0].key_arn == "arn:aws:kms:eu-west-1:1:key/2"
