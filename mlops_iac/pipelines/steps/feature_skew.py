"""A step that compares what an application is told of features with what a training is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from mlops_iac.pipelines.steps.featured import FeaturedStep


class FeatureSkewStep(FeaturedStep):
    """Of each group that has both stores, the records that changed last: the newest row of the history against the
    online record. Its one output, ``report``, holds ``report.json`` and an ``evaluation.json`` that a gate reads:
    ``skew``, the share of records that are missing, older or different online, and how many of each there are. A
    record that is newer online is none: history is written some minutes later on AWS."""

    kind: ClassVar[str] = "feature_skew"
    call: ClassVar[str] = "compare"
    makes_one: ClassVar[str] = "report"
    figures: ClassVar[tuple[str, ...]] = ("skew", "compared", "missing", "stale", "different", "ahead")

    sample: int = Field(default=1000, ge=1, le=100_000)
    """How many records of each group are compared at most."""

    def told(self) -> Mapping[str, Any]:
        return {"sample": self.sample}
