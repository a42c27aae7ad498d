"""What a site says about itself."""

from __future__ import annotations

import pytest

from mlops_iac.components._kit.site import Profile, Site


@pytest.mark.parametrize(
    ("profile", "protect", "expected"),
    [
        ("standard", None, False),
        ("standard", True, True),
        ("regulated", None, True),
        ("regulated", False, False),
    ],
)
def test_protection_follows_the_profile_until_somebody_says_otherwise(
    profile: Profile, protect: bool | None, expected: bool
) -> None:
    site = Site(
        team="tiny", environment="dev", blueprint="x", region="eu-west-1", account_id="1" * 12,
        profile=profile, protect=protect,
    )  # fmt: skip
    assert site.protected is expected
