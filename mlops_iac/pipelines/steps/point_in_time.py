"""A step that makes a training set: to each label the features as they were at its time, and none from the future."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.steps.featured import FeaturedStep

Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


class PointInTimeStep(FeaturedStep):
    """One query by Athena. Its one output, ``rows``, holds ``rows.csv`` with a header: the columns of the labels, then
    the features of each group in the newest row that is not later than the label's time. Where two have one name, the
    group's name goes before it. A feature that was not known yet, or was deleted, is empty."""

    kind: ClassVar[str] = "point_in_time"
    call: ClassVar[str] = "join"
    makes_one: ClassVar[str] = "rows"

    labels: Column
    """The table of the labels, in the lake's catalogue: it has the record identifier of each group as a column."""
    time: Column
    """Its column with the time as of which the features are wanted: ISO 8601, Unix seconds, a timestamp or a date."""
    zone: Word = "features"
    """The lake's zone that its output goes to, under the run's id."""

    def told(self) -> Mapping[str, Any]:
        return {"labels": self.labels, "time": self.time}
