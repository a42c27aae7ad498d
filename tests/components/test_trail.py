"""The trail: only CloudTrail writes its files, for this trail alone, and nobody deletes them."""

from __future__ import annotations

from mlops_iac.components._kit import KeyRef, LakeRef
from mlops_iac.components.encryption import Encryption, EncryptionArgs, Layer
from mlops_iac.components.trail import Trail, TrailArgs
from mlops_iac.core.retention import Retention
from tests.components.world import World, run, site

LAKE = LakeRef(bucket="lake", arn="arn:aws:s3:::lake", key_arn=None, zones={})
KEY = KeyRef(arn="arn:aws:kms:eu-west-1:123456789012:key/0000-1111")


def trail(**more: object) -> World:
    return run(lambda: Trail(site().named("trail"), TrailArgs(lakes=[LAKE], key=KEY, **more)))  # type: ignore[arg-type]


def statements(made: World) -> dict[str, dict]:
    return {one["Sid"]: one for one in made.get("trail-policy").document("policy")["Statement"]}


def test_the_bucket_lets_this_trail_write_and_nobody_delete() -> None:
    made = statements(trail())
    own = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/screening-dev-trail"
    for sid in ("TrailLooks", "TrailWrites"):
        assert made[sid]["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert made[sid]["Condition"]["StringEquals"]["aws:SourceArn"] == own
    assert made["LogsDeleted"]["Effect"] == "Deny"
    assert trail().get("trail-trail").inputs["name"] == own.rpartition("/")[2]


def test_it_tells_of_the_lake_and_of_the_account_only_where_that_is_wanted() -> None:
    def categories(made: World) -> list[str]:
        selectors = made.get("trail-trail").inputs["advancedEventSelectors"]
        return [one["fieldSelectors"][0]["equals"][0] for one in selectors]

    assert categories(trail()) == ["Data", "Management"]
    assert categories(trail(management=False)) == ["Data"]
    assert trail().get("trail-trail").inputs["enableLogFileValidation"] is True


def test_log_files_are_kept_as_long_as_they_are_locked() -> None:
    made = trail(retention=Retention(mode="compliance", days=900))
    assert made.get("trail-lock").inputs["rule"]["defaultRetention"] == {"mode": "COMPLIANCE", "days": 900}
    assert made.get("trail-lifecycle").inputs["rules"][0]["expiration"] == {"days": 900}


def test_a_key_of_a_layer_lets_in_no_service_that_another_layer_needs() -> None:
    def services(layer: Layer) -> set[str]:
        args = EncryptionArgs(layer=layer, trail=layer == "logs")
        made = run(lambda: Encryption(site().named("key"), args)).get("key-key").document("policy")
        named = (one["Principal"].get("Service", ()) for one in made["Statement"])
        return {name for each in named for name in ([each] if isinstance(each, str) else each)}

    assert services("lake") == services("registry") == services("secrets") == set()
    assert {"logs.eu-west-1.amazonaws.com", "cloudtrail.amazonaws.com", "cloudwatch.amazonaws.com"} <= services("logs")
