"""The table of GPUs: what a type has, where it is, what it costs."""

from __future__ import annotations

import pytest

from mlops_iac.core.gpus import dated, gpus_of, instead_of, named, sources


@pytest.mark.parametrize(
    ("kind", "count", "told", "efa"),
    [
        ("ml.g4dn.xlarge", 1, "1 × T4 of 16 GiB", 0),
        ("ml.g5.12xlarge", 4, "4 × A10G of 22 GiB", 1),
        ("ml.p4de.24xlarge", 8, "8 × A100 of 80 GiB", 4),
        ("p5.4xlarge", 1, "1 × H100 of 80 GiB", 1),
        ("ml.p5en.48xlarge", 8, "8 × H200 of 141 GiB", 16),
    ],
)
def test_a_type_has_so_many_gpus(kind: str, count: int, told: str, efa: int) -> None:
    found = gpus_of(kind)
    assert found
    assert (found.count, found.told, found.efa) == (count, told, efa)


@pytest.mark.parametrize("kind", ["ml.m5.large", "ml.g5g.xlarge", "ml.trn1.2xlarge", "ml.g5", "g5.7xlarge", ""])
def test_what_has_none_or_is_not_known_is_none(kind: str) -> None:
    assert gpus_of(kind) is None


def test_a_region_has_a_type_or_lacks_it_or_is_not_in_the_table() -> None:
    g5, old = gpus_of("ml.g5.xlarge"), gpus_of("ml.p3.2xlarge")
    assert g5
    assert old
    assert [g5.is_in(region) for region in ("eu-west-1", "ap-southeast-1", "us-gov-west-1", "xx-new-1")] == [
        True, False, None, None,
    ]  # fmt: skip
    assert old.is_in("eu-west-1") is None


def test_an_hour_of_it_is_in_the_table_of_prices() -> None:
    g5, p5en = gpus_of("g5.xlarge"), gpus_of("p5en.48xlarge")
    assert g5
    assert p5en
    price = g5.hourly()
    assert price
    assert price.usual == 1.408
    assert p5en.hourly() is not None


def test_instead_are_those_that_are_there_with_no_fewer_the_cheapest_first() -> None:
    asked = gpus_of("ml.g5.12xlarge")
    assert asked
    found = instead_of(asked, "ap-southeast-1")
    assert found[0].instance_type == "g4dn.12xlarge"
    prices = [one.hourly("ap-southeast-1") for one in found]
    assert [one.usual for one in prices if one] == sorted(one.usual for one in prices if one)
    assert all(one.count >= 4 for one in found)


def test_every_part_of_the_table_says_its_date_and_its_source() -> None:
    assert set(sources()) == {"gpus", "regions", "prices"}
    assert all(part["as_of"] and part["source"] for part in sources().values())
    assert dated() == "2026-10-27"


def test_a_type_is_named_with_what_it_has() -> None:
    assert named("ml.g5.12xlarge") == "ml.g5.12xlarge (4 × A10G of 22 GiB)"
    assert named("ml.m5.large") == "ml.m5.large"
