"""What a team may say about where its features come from and what they are for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mlops_iac.blueprints.parts.training_options import Machine, ScriptName
from mlops_iac.config.section import Section
from mlops_iac.pipelines.triggers import When, ZoneName

Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


class Materialisation(Section):
    script: ScriptName = Field(
        default="features.py",
        description="Reads `input/data` and writes `output/rows/<group>.csv`: a header of features, a row for each key "
        "and event time.",
    )
    data: Annotated[str, StringConstraints(pattern=r"^raw/([A-Za-z0-9_.-]+/)*$")] = Field(
        default="raw/", description="Where in the lake the script finds its data: raw/, or a folder of it."
    )
    schedule: When | None = Field(
        default=None,
        description="When features are made anew, such as cron(0 5 * * ? *). Left out: only when a person runs it.",
        examples=["cron(0 5 * * ? *)"],
    )
    timezone: ZoneName = Field(default="UTC", description="The time zone of the schedule, by its IANA name.")
    machine: Machine = Field(default=Machine(), description="Machines that make features.")


class Labels(Section):
    table: Column = Field(
        description="The table of the labels, one of `tables`: it has the record identifier of each group as a column."
    )
    time: Column = Field(
        description="Its column with the time as of which features are wanted: ISO 8601, Unix seconds, a timestamp or "
        "a date."
    )


class FeaturesOptions(Section):
    """The options of a blueprint whose models learn from features."""

    features: Materialisation = Field(
        default=Materialisation(), description="How raw data becomes features: the pipeline `features`."
    )
    labels: Labels | None = Field(
        default=None,
        description="What is to be learned: `prepare` gets each label with the features as they were at its time. Left "
        "out: the training begins with raw data, as in tabular-batch.",
    )
    skew_at_most: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of records that may differ between the online store and the history. With more, no model is "
        "deployed.",
    )
