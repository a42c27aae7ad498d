"""Electricity and what it emits, against sums made by hand of the published coefficients."""

from __future__ import annotations

import pytest

from mlops_iac.core.carbon import assumptions, grid, kwh_of, kwh_of_vcpus, sources


def test_a_machine_is_its_vcpus_half_busy_and_its_memory_times_the_buildings_share() -> None:
    # 2 vCPUs at 0.74 + 0.5 × (3.5 − 0.74) = 2.12 W, 8 GB at 0.392 W, PUE 1.135
    assert kwh_of("ml.m5.large") == pytest.approx((2 * 2.12 + 8 * 0.392) / 1000 * 1.135)
    assert kwh_of("m5.large") == kwh_of("ml.m5.large")
    assert kwh_of("ml.m5.4xlarge") == pytest.approx(8 * kwh_of("ml.m5.large"))  # type: ignore[operator]
    assert kwh_of("ml.c5.xlarge") == pytest.approx((4 * 2.12 + 8 * 0.392) / 1000 * 1.135)
    assert kwh_of("ml.r5.large") == pytest.approx((2 * 2.12 + 16 * 0.392) / 1000 * 1.135)
    assert kwh_of_vcpus(2) == kwh_of("ml.m5.large")


@pytest.mark.parametrize(
    "kind", ["ml.g5.xlarge", "ml.p4d.24xlarge", "ml.inf2.xlarge", "ml.m5.metal", "", "ml.m5.2large"]
)
def test_what_has_no_coefficient_has_none(kind: str) -> None:
    assert kwh_of(kind) is None


def test_a_kwh_emits_what_the_region_says_and_nothing_is_made_up() -> None:
    assert grid("eu-west-1") == 0.28
    assert grid("eu-north-1") == 0.036
    assert grid("us-east-1") == 0.379069  # by the grid that it is in, not by the country
    assert grid("xx-nowhere-1") is None


def test_every_part_says_its_date_and_its_source() -> None:
    assert {one["part"] for one in sources()} == {"method", "grid", "grid_us"}
    assert all(one["as_of"] and one["source"] for one in sources())


def test_what_is_assumed_says_how_old_a_regions_grid_is() -> None:
    assert assumptions("eu-west-1").endswith("; grid of 2024")
    assert assumptions("us-east-1").endswith("; grid of 2023-01")
    assert "grid" not in assumptions("xx-nowhere-1")
