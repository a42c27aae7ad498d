"""Default tags are carried by every resource that takes tags, and are none of the program's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlops_iac.cloud.handlers import HANDLERS
from mlops_iac.cloud.packages.aws import AwsPackage
from mlops_iac.cloud.packages.aws_tags import Tagged, merged
from mlops_iac.engine.values.value import UNKNOWN
from tests.cloud.handlers.conftest import SCOPE, Lab

DEFAULTS = {"default_tags": {"owner": "ml", "team": "platform"}}
TAGGED = replace(SCOPE, settings=DEFAULTS)
TRUST = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
)
GROUP = "aws:cloudwatch/logGroup:LogGroup"


def made(lab: Lab, type: str, logical: str, /, **inputs: Any) -> tuple[Any, dict[str, Any], Any]:
    handler = lab.provider.handler(type)
    checked = handler.check(TAGGED, logical, None, inputs)
    return handler, checked, handler.create(TAGGED, checked)


def test_every_type_that_takes_tags_takes_default_tags() -> None:
    package = AwsPackage(None)
    taggable = {type for type in HANDLERS if package.handler(type).honours("tags")}  # type: ignore[attr-defined]
    assert {type for type in HANDLERS if isinstance(package.handler(type), Tagged)} == taggable
    assert len(taggable) > 15


def test_without_default_tags_inputs_are_as_they_were() -> None:
    handler = AwsPackage(None).handler(GROUP)
    assert "tagsAll" not in handler.check(SCOPE, "a", None, {"name": "a", "tags": {"x": "y"}})


def test_a_resource_carries_them_under_its_own(lab: Lab) -> None:
    _, _, group = made(lab, GROUP, "tagged", name="default-tagged", tags={"team": "screening"})
    assert group.outputs["tags"] == {"team": "screening"}
    assert group.outputs["tagsAll"] == {"owner": "ml", "team": "screening"}
    logs = lab.clients(SCOPE.region)("logs")
    assert logs.list_tags_for_resource(resourceArn=group.outputs["arn"])["tags"] == group.outputs["tagsAll"]


def test_a_change_of_the_default_tags_is_an_update_of_what_carries_them(lab: Lab) -> None:
    handler, checked, group = made(lab, GROUP, "changed", name="default-changed", tags={"team": "screening"})
    scope = replace(SCOPE, settings={"default_tags": {"owner": "other"}})
    new = handler.check(scope, "changed", checked, {"name": "default-changed", "tags": {"team": "screening"}})
    assert new["tagsAll"] == {"owner": "other", "team": "screening"}
    assert handler.replaces(scope, checked, new, frozenset({"tagsAll"})) == frozenset()
    outputs = handler.update(scope, group.id, checked, new, group.outputs)
    logs = lab.clients(SCOPE.region)("logs")
    assert logs.list_tags_for_resource(resourceArn=outputs["arn"])["tags"] == new["tagsAll"]
    none = handler.check(SCOPE, "changed", new, {"name": "default-changed", "tags": {"team": "screening"}})
    outputs = handler.update(SCOPE, group.id, new, none, outputs)
    assert logs.list_tags_for_resource(resourceArn=outputs["arn"])["tags"] == {"team": "screening"}
    assert outputs["tagsAll"] == outputs["tags"] == {"team": "screening"}


@pytest.mark.parametrize(
    ("type", "inputs"),
    [
        (GROUP, {"name": "default-read"}),
        ("aws:s3/bucket:Bucket", {"bucket": "default-read-bucket"}),
        ("aws:iam/role:Role", {"name": "default-read", "assumeRolePolicy": TRUST}),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.9.0.0/16"}),
    ],
)
def test_a_read_tells_them_from_the_programs_own(lab: Lab, type: str, inputs: dict[str, Any]) -> None:
    handler, _, thing = made(lab, type, "read", **inputs, tags={"team": "screening"})
    found = handler.read(TAGGED, thing.id, thing.outputs)
    assert found.outputs["tags"] == {"team": "screening"}
    assert found.outputs["tagsAll"] == {"owner": "ml", "team": "screening"}


def test_a_tag_that_somebody_added_is_seen_unless_it_is_to_be_ignored(lab: Lab) -> None:
    handler, _, group = made(lab, GROUP, "added", name="default-added")
    lab.clients(SCOPE.region)("logs").tag_resource(resourceArn=group.outputs["arn"], tags={"x:scan": "1", "cost": "7"})
    scope = replace(SCOPE, settings={**DEFAULTS, "ignored_prefixes": ("x:",)})
    assert handler.read(scope, group.id, group.outputs).outputs["tags"] == {"cost": "7"}


def test_what_is_not_known_yet_makes_the_tags_unknown() -> None:
    assert merged(DEFAULTS, {"a": UNKNOWN}) is UNKNOWN
    assert merged({"default_tags": UNKNOWN}, {}) is UNKNOWN


def test_inputs_that_the_provider_of_aws_filled_in_are_not_the_programs() -> None:
    assert Tagged.as_asked({"tags": {"a": "b"}, "tagsAll": {"a": "b"}}) == {"tags": {"a": "b"}}
    assert Tagged.as_asked({"name": "n", "tagsAll": {}}) == {"name": "n"}
    kept = {"tags": {"a": "b"}, "tagsAll": {"a": "b", "c": "d"}}
    assert Tagged.as_asked(kept) == kept
