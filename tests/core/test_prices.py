"""The price table: dated, sourced, small, and a range wherever it is not a list price."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.core import prices


def test_it_is_small() -> None:
    assert (Path(prices.__file__).parent / "prices.json").stat().st_size <= 60 * 1024


def test_every_part_has_a_date_and_a_source() -> None:
    for part in prices.sources():
        assert part["as_of"][:2] == "20", part
        assert part["source"], part


@pytest.mark.parametrize(
    ("type_", "listed"),
    [
        ("ml.m5.large", 0.115),
        ("ml.g5.xlarge", 1.408),
        ("ml.t3.medium", 0.05),
        ("m5.large", 0.096),
        ("p4d.24xlarge", 21.957642),
    ],
)
def test_a_list_price_at_home_is_exact(type_: str, listed: float) -> None:
    found = prices.hourly(type_)
    assert found is not None
    assert (found.low, found.high) == (found.usual, found.usual)
    assert found.usual == pytest.approx(listed, rel=1e-3)


def test_a_machine_that_only_ec2_prices_is_a_range_around_its_markup() -> None:
    found, ec2 = prices.hourly("ml.m6i.large"), prices.hourly("m6i.large")
    assert found is not None
    assert ec2 is not None
    assert found.low < ec2.usual * 1.2 == pytest.approx(found.usual)
    assert found.usual < found.high


def test_no_price_is_none_and_no_item_is_an_error() -> None:
    assert prices.hourly("ml.x99.large") is None
    with pytest.raises(KeyError):
        prices.item("nothing")


def test_a_region_that_the_table_lacks_may_be_any() -> None:
    found = prices.hourly("ml.m5.large", "mx-central-1")
    assert found is not None
    assert found.low < 0.115 < found.usual < 0.115 * 1.6 < found.high
