"""Who may read whose archives of models: statements of the sender, grants of the receiver."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.blueprints.parts import promotion
from mlops_iac.blueprints.parts.promotion_options import Promotion
from mlops_iac.components._kit import KeyRef
from mlops_iac.components._kit.naming import physical_name, short_hash
from mlops_iac.components._kit.refs import ReaderRef
from mlops_iac.components.compute.sagemaker import SageMakerCompute
from mlops_iac.components.data_lake import DataLake, DataLakeArgs
from mlops_iac.components.encryption import Encryption, EncryptionArgs
from mlops_iac.components.identity import Boundary, Role, RoleArgs
from mlops_iac.components.network import Network, NetworkArgs
from tests.components.world import REGION, run, site

READER = ReaderRef(stack="screening-prod", account_id="222222222222", role_name="screening-prod-compute-job-role")
ROLE = "arn:aws:iam::222222222222:role/screening-prod-compute-job-role"
ROOT = {"AWS": "arn:aws:iam::222222222222:root"}


def by_sid(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in document["Statement"] if "Sid" in statement}


def test_a_bucket_lets_one_role_read_archives_of_models_and_nothing_else() -> None:
    args = DataLakeArgs(key=KeyRef(arn="arn:aws:kms:eu-west-1:1:key/2"), readers=(READER,))
    made = run(lambda: DataLake(site().named("lake"), args))
    allowed = {
        sid: one for sid, one in by_sid(made.get("lake-policy").document("policy")).items() if one["Effect"] == "Allow"
    }
    assert {sid: one["Action"] for sid, one in allowed.items()} == {
        "Promote1": ["s3:GetObject"],
        "PromoteList1": ["s3:ListBucket"],
    }
    assert allowed["Promote1"]["Resource"][0].endswith("/models/*/model.tar.gz")
    assert allowed["PromoteList1"]["Condition"]["StringLike"] == {"s3:prefix": "models/*"}
    for one in allowed.values():
        assert one["Principal"] == ROOT
        assert one["Condition"]["ArnEquals"] == {"aws:PrincipalArn": ROLE}


def test_a_key_lets_that_role_decrypt_through_s3() -> None:
    made = run(lambda: Encryption(site().named("key"), EncryptionArgs(readers=(READER,))))
    one = by_sid(made.get("key-key").document("policy"))["Promote1Decrypts"]
    assert (one["Action"], one["Principal"]) == (["kms:Decrypt"], ROOT)
    assert one["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": ROLE},
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"},
    }


def test_without_readers_nobody_else_is_allowed() -> None:
    made = run(lambda: DataLake(site().named("lake")))
    assert {one["Effect"] for one in made.get("lake-policy").document("policy")["Statement"]} == {"Deny"}


@pytest.mark.parametrize(
    ("partner", "account"), [("screening-qa", "123456789012"), ("screening-qa@333333333333", "333333333333")]
)
def test_the_receiver_s_jobs_may_read_archives_of_that_stack(partner: str, account: str) -> None:
    options = Promotion.model_validate({"from": [partner]})

    def program() -> None:
        place = site()
        boundary = Boundary(place.named("boundary")).ref
        role = Role(
            place.named("job"),
            RoleArgs(services=("sagemaker.amazonaws.com",), description="x", boundary=boundary),
        )
        promotion.let_fetch(place, options, role)

    made = run(program)
    granted = by_sid(made.of("aws:iam/rolePolicy:RolePolicy")[0].document("policy"))
    suffix = short_hash(account, REGION, "screening-qa")
    bucket = f"arn:aws:s3:::screening-qa-lake-{suffix}"
    assert {sid: one["Action"] for sid, one in granted.items()} == {
        "PromotionDecryptScreeningQa": ["kms:Decrypt"],
        "PromotionFetchScreeningQa": ["s3:GetObject"],
        "PromotionListScreeningQa": ["s3:ListBucket"],
    }
    assert granted["PromotionFetchScreeningQa"]["Resource"] == [f"{bucket}/models/*/model.tar.gz"]
    decrypt = granted["PromotionDecryptScreeningQa"]
    assert decrypt["Resource"] == [f"arn:aws:kms:{REGION}:{account}:key/*"]
    assert decrypt["Condition"] == {
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/models/*/model.tar.gz"]},
    }


def test_names_are_those_that_the_other_environment_gives() -> None:
    """Nobody asks the other environment: what is computed here is what its components are called there."""
    there = site()
    lake = run(lambda: DataLake(there.named("lake"))).get("lake-bucket").inputs["bucket"]
    role = run(lambda: SageMakerCompute(site().named("compute"))).get("compute-job-role").inputs["name"]
    assert lake == physical_name(
        promotion.BUCKET, stack=there.stack, logical="lake", suffix=short_hash("123456789012", REGION, there.stack)
    )
    options = Promotion.model_validate({"to": [there.stack]})
    assert [one.role_name for one in promotion.readers(site(), options)] == [role]


def test_the_gateway_lets_jobs_out_to_what_is_read_in_another_account() -> None:
    bucket = "arn:aws:s3:::screening-qa-lake-0000000"
    made = run(lambda: Network(site().named("net"), NetworkArgs(readable=(bucket,))))
    one = by_sid(made.get("net-s3-endpoint").document("policy"))["OtherAccounts"]
    assert (one["Action"], one["Resource"]) == (["s3:GetObject", "s3:ListBucket"], [bucket])
    usual = run(lambda: Network(site().named("net"))).get("net-s3-endpoint").document("policy")
    assert "OtherAccounts" not in by_sid(usual)
