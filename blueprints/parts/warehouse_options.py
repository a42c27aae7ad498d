"""What a team may say about its warehouse."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from mlops_iac.config.section import Section

RPUS = "4, or a multiple of 8 from 8 to 1024"


class WarehouseSettings(Section):
    """A warehouse on Redshift Serverless, in the environment's network, encrypted with its key."""

    base_rpus: int = Field(default=8, ge=4, le=1024, description=f"What a statement begins with, in RPUs: {RPUS}.")
    most_rpus: int = Field(default=64, ge=4, le=1024, description=f"What it grows to at most, in RPUs: {RPUS}.")
    rpu_hours: int = Field(
        default=60,
        ge=1,
        le=1_000_000,
        description="RPU hours of a month after which it answers nothing more until the next month begins.",
    )
    max_minutes: int = Field(
        default=240, ge=1, le=24 * 60, description="A statement is stopped after this many minutes."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, given in (("base_rpus", self.base_rpus), ("most_rpus", self.most_rpus)):
            if given != 4 and given % 8:
                raise ValueError(f"`{name}` is {given}; it may be {RPUS}")
        if self.most_rpus < self.base_rpus:
            raise ValueError(f"`most_rpus` is {self.most_rpus}, less than the {self.base_rpus} it begins with")
        return self


class WarehouseOptions(Section):
    """The options of a blueprint whose pipelines can ask a warehouse."""

    warehouse: WarehouseSettings | None = Field(
        default=None,
        description="Tables that outlive their files, for SQL: query steps ask them with `source: warehouse`. Left "
        "out: there is none; `{}` makes one. Deleting it deletes its tables.",
    )


def asked(options: object) -> WarehouseSettings | None:
    """What is said of a warehouse, where the blueprint can have one."""
    return options.warehouse if isinstance(options, WarehouseOptions) else None
