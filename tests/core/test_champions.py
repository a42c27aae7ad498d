"""The bound that follows from the champion."""

from __future__ import annotations

import io
from typing import Any

import pytest

from mlops_iac.core.champions import NotComparable, find_bound, is_open

ASKED = {"group": "g", "keys": ["metrics", "auc"], "direction": "at_least", "by": 0.01}


class World:
    """A registry, and the file of its champion."""

    class exceptions:
        NoSuchKey = KeyError

    def __init__(
        self, body: bytes | None, *, package: str | None = "arn:1", uri: str = "s3://lake/models/e.json"
    ) -> None:
        self.body, self.package, self.uri = body, package, uri

    def list_model_packages(self, **asked: Any) -> Any:
        assert asked["ModelApprovalStatus"] == "Approved"
        return {"ModelPackageSummaryList": [{"ModelPackageArn": self.package}] if self.package else []}

    def describe_model_package(self, **asked: Any) -> Any:
        return {"ModelMetrics": {"ModelQuality": {"Statistics": {"S3Uri": self.uri}}}} if self.uri else {}

    def get_object(self, **asked: Any) -> Any:
        if self.body is None:
            raise KeyError
        return {"Body": io.BytesIO(self.body)}


def bound(world: World, **changed: Any) -> float:
    return find_bound(world, world, {**ASKED, **changed})


def test_more_is_better_unless_less_is() -> None:
    good = World(b'{"metrics": {"auc": 0.5}}')
    assert bound(good) == pytest.approx(0.51)
    assert bound(good, direction="at_most") == pytest.approx(0.49)


def test_without_a_champion_everything_holds() -> None:
    for direction, sign in (("at_least", -1), ("at_most", 1)):
        found = bound(World(None, package=None), direction=direction)
        assert is_open(found)
        assert found * sign > 0


@pytest.mark.parametrize(
    ("world", "told"),
    [
        (World(None), "not there any more"),
        (World(b"{"), "is not JSON"),
        (World(b'{"metrics": {"auc": NaN}}'), "has no number `metrics.auc`"),
        (World(b'{"metrics": {"auc": "good"}}'), "has no number"),
        (World(b'{"metrics": 1}'), "has no number"),
        (World(b"{}", uri=""), "names no evaluation file"),
    ],
)
def test_what_cannot_be_compared_with_is_refused(world: World, told: str) -> None:
    with pytest.raises(NotComparable, match=told):
        bound(world)
