"""What a check answers: findings by weight, waivers that hold, ended or are not needed, values not known yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from mlops_iac.engine.event import Op, Step
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.policy import (
    Example,
    Off,
    Policy,
    PolicyError,
    Resource,
    Settings,
    Severity,
    Violation,
    Waiver,
    World,
    check,
    report,
    resources_of,
)

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OPEN = Resource(type="acme:index:Door", name="front-door", inputs={"open": True})


class Shut(Policy):
    name = "doors-shut"
    wants = "Doors are shut."
    why = "Anybody could come in."
    severity = Severity.WARNING
    by_profile = {"regulated": Severity.ERROR}
    types = ("acme:index:Door",)
    remedy = "shut it."
    sources = ("https://example.org/doors",)
    parameters = {"except": ()}
    about_parameters = {"except": "Doors that may be open."}
    breaks = (Example(resources=[OPEN]),)
    keeps = (Example(resources=[Resource(type="acme:index:Door", name="a", inputs={"open": False})]),)

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if resource.name not in parameters["except"] and resource.differs("open", False):
            yield Violation(detail="It is open.", path="open")


def settings(**more: Any) -> Settings:
    return Settings(own=(Shut(),), today=date(2026, 11, 29), **more)


def waiver(**more: Any) -> Waiver:
    said = {
        "rule": "doors-shut",
        "resource": "front-*",
        "reason": "the lock is being changed",
        "owner": "gate@acme.org",
    }
    return Waiver(**{**said, "expires": date(2026, 11, 29), "file": "stacks/a.yaml", "line": 7, **more})


def test_a_finding_says_what_is_wrong_and_what_to_do() -> None:
    (found,) = check([OPEN], settings())
    assert (found.rule, found.severity, found.resource, found.path) == ("doors-shut", "warning", "front-door", "open")
    assert (found.detail, found.remedy, found.sources) == ("It is open.", "shut it.", ("https://example.org/doors",))
    assert not found.refuses


def test_a_profile_and_a_company_weigh_differently() -> None:
    assert check([OPEN], settings(profile="regulated"))[0].refuses
    assert check([OPEN], settings(severities={"doors-shut": Severity.ERROR}))[0].refuses
    assert not check([OPEN], settings(profile="regulated", severities={"doors-shut": Severity.ADVICE}))[0].refuses


def test_what_a_company_switches_off_is_not_asked() -> None:
    off = {"doors-shut": Off(reason="we have no doors", place="mlops-iac.yaml:3")}
    found = report([OPEN], settings(off=off))
    assert found.findings == ()
    assert found.to_json()["off"] == {"doors-shut": {"reason": "we have no doors", "place": "mlops-iac.yaml:3"}}


def test_a_parameter_replaces_its_default() -> None:
    assert check([OPEN], settings(parameters={"doors-shut": {"except": ("front-door",)}})) == []


def test_a_waiver_lets_pass_until_its_last_day() -> None:
    found = report([OPEN], settings(profile="regulated", waivers=(waiver(),)))
    assert [one.waiver for one in found.findings] == [waiver()]
    assert (found.open, found.unused, found.expired, found.refuses) == ((), (), (), False)


def test_a_waiver_past_its_date_lets_nothing_pass_and_refuses_by_itself() -> None:
    past = waiver(expires=date(2026, 11, 28))
    found = report([OPEN], settings(waivers=(past,)))
    assert [one.waiver for one in found.findings] == [None]
    assert found.expired == (past,)
    error = found.error
    assert error is not None
    assert error.exit_code == 5
    assert str(error).startswith("stacks/a.yaml:7  waivers\n  A waiver is past its date.")
    assert "until 2026-11-28 by gate@acme.org: the lock is being changed" in str(error)


def test_a_waiver_that_nothing_needs_is_told_unless_it_is_for_many_stacks() -> None:
    other = waiver(resource="back-door")
    shared = waiver(resource="cellar", is_shared=True)
    assert report([OPEN], settings(waivers=(other, shared))).unused == (other,)


def test_what_is_not_known_is_told_and_not_judged() -> None:
    found = report([Resource(type="acme:index:Door", name="d", inputs={"open": UNKNOWN_TEXT})], settings())
    assert (found.findings, found.unknown) == ((), ("d.open",))


def test_the_heaviest_comes_first() -> None:
    bucket = Resource(type=BUCKET, name="lake", inputs={"bucket": "lake"})
    found = check([OPEN, bucket], settings())
    assert [one.severity.rank for one in found] == sorted((one.severity.rank for one in found), reverse=True)
    assert "s3-public-access" in {one.rule for one in found}


def test_a_policy_that_breaks_off_is_named() -> None:
    class Broken(Shut):
        name = "doors-broken"

        def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
            raise KeyError("oh")

    with pytest.raises(PolicyError, match="A policy broke off") as raised:
        check([OPEN], Settings(own=(Broken(),)))
    assert "`doors-broken` was asked about `front-door` (acme:index:Door): KeyError" in raised.value.detail


def step(op: Op, **new: Any) -> Step:
    urn = f"urn:pulumi:a-dev::p::{new['type']}::{new['name']}"
    return Step(op=op, urn=urn, type=new["type"], name=new["name"], new={"urn": urn, **new})


def test_what_will_be_deleted_is_not_judged() -> None:
    here, gone = step(Op.SAME, type=BUCKET, name="a"), step(Op.DELETE, type=BUCKET, name="b")
    assert [one.name for one in resources_of([here, gone])] == ["a"]


@pytest.mark.parametrize(
    ("block", "beside"),
    [
        ({"inputs": {"bucket": "lake"}}, True),
        ({"inputs": {"bucket": UNKNOWN_TEXT}, "links": {"bucket": ["urn:lake"]}}, True),
        ({"inputs": {"bucket": UNKNOWN_TEXT}, "links": {"bucket": ["urn:other"]}}, False),
        ({"inputs": {"bucket": UNKNOWN_TEXT}, "parent": "urn:component"}, True),
        ({"inputs": {"bucket": UNKNOWN_TEXT}, "parent": "urn:another"}, True),  # it can mean no other
        ({"inputs": {"bucket": UNKNOWN_TEXT}, "parent": "urn:second"}, False),
        ({"inputs": {"bucket": "lake-1234567"}}, True),  # the id that AWS gave it
        ({"inputs": {"bucket": "other"}, "parent": "urn:component"}, False),
    ],
)
def test_what_lies_beside_a_resource_is_told_by_name_link_or_component(block: dict[str, Any], beside: bool) -> None:
    bucket = Resource(
        type=BUCKET, name="b", urn="urn:lake", parent="urn:component", inputs={"bucket": "lake"}, id="lake-1234567"
    )
    other = Resource(type=BUCKET, name="c", parent="urn:second", inputs={"bucket": "second"})
    world = World(resources=[bucket, other, Resource(type=BLOCK, name="block", **block)])
    assert bool(world.beside(bucket, BLOCK, "bucket")) is beside
