"""What a team may say about what every environment has."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from mlops_iac.blueprints.parts.adopt_options import Adopt
from mlops_iac.config.section import Section
from mlops_iac.core import iceberg
from mlops_iac.external import AnySystem
from mlops_iac.pipelines.parameters import find_mismatch


class Table(Section):
    zone: Literal["raw", "curated", "features", "models"] = Field(default="raw", description="Zone of the lake.")
    prefix: str = Field(
        default="",
        description="Below the zone, ending in a slash. Left out: the whole zone; of an Iceberg table, its name.",
    )
    format: Literal["csv", "json", "parquet", "iceberg"] = Field(
        default="csv",
        description="How the files are written. iceberg: a table with a history, which keeps its own files below the "
        "prefix; rows come by INSERT or from a job.",
    )
    columns: dict[str, str] = Field(
        min_length=1, max_length=1000, description="Column to Hive type, in the files' order, such as age: int."
    )

    @field_validator("prefix")
    @classmethod
    def _check_prefix(cls, value: str) -> str:
        if value and (mismatch := find_mismatch("prefix", value)):
            raise ValueError(f"it {mismatch}")
        return value

    @model_validator(mode="after")
    def _check_types(self) -> Self:
        for column, kind in self.columns.items() if self.format == iceberg.FORMAT else ():
            if fault := iceberg.find_fault(kind):
                raise ValueError(f"column `{column}` of an Iceberg table is `{kind}`, and {fault}")
        return self


class FoundationOptions(Section):
    """The options of every blueprint."""

    monthly_budget_usd: int = Field(
        default=100, ge=1, le=1_000_000, description="The team is told at 80 % and 100 % of this."
    )
    over_budget: Literal["tell", "deny-jobs"] = Field(
        default="tell",
        description=(
            "What happens when the budget is spent. tell: the team is told. deny-jobs: also, no new job starts until "
            "the next month, or until the budget is raised; what runs goes on."
        ),
    )
    retention_days: int | None = Field(
        default=None, ge=1, le=3650, description="Delete raw data after this many days. Left out: raw data is kept."
    )
    adopt: Adopt = Field(
        default=Adopt(),
        description="Layers that are there already: used, and never deleted. `mlops-iac adopt` writes this.",
    )
    tables: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)], Table] = Field(
        default={}, max_length=100, description="Tables of the catalogue, for SQL over the lake. Left out: none."
    )
    external: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=30)], AnySystem] = Field(
        default={},
        max_length=20,
        description="Systems of others that the environment uses, by names of your own: `kind` (snowflake, wandb), "
        "where it is, the name of the secret by which jobs sign in; docs/reference/external-systems.md has all kinds. "
        "Left out: none.",
        examples=[
            {"wandb": {"kind": "wandb", "entity": "acme", "project": "churn", "secret": "acme/wandb"}},
            {"features": {"kind": "snowflake", "account": "acme-analytics", "user": "ML_SERVICE"}},
        ],
        json_schema_extra={"x-own-laws": True},
    )
