"""A step that asks a question in SQL, of the lake by Athena or of a warehouse, and leaves the answer in the lake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import PARAMETERS, FromParameter
from mlops_iac.pipelines.steps.step import Bind, Folder, Made, Output, Read, Step

LAKE: Final = "lake"
"""The source that every environment has: its catalogue's tables, which Athena asks."""
UNLOADED_TO: Final = ("curated", "features")
"""Zones of the lake that a warehouse may write."""
MARK: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|(?P<mark>[?;])", re.DOTALL)
"""Texts, names and comments, in which no mark is one; else a question mark or the end of a statement."""


def _value(value: Any) -> Any:
    """Text that begins as a reference is one."""
    return FromParameter.model_validate(value) if str(value).startswith(f"{PARAMETERS}.") else value


Value = Annotated[FromParameter | float | str, BeforeValidator(_value)]


class QueryStep(Step):
    """Its one output, ``rows``, is the folder of what the query answers: it is unloaded into it, in several files."""

    kind: ClassVar[str] = "query"

    sql: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    """One SELECT, over the tables of its source. A question mark stands for a value of ``values``."""
    values: tuple[Value, ...] = Field(default=(), max_length=100)
    """What the question marks stand for, in their order: numbers, texts, parameters of the run that are numbers, and
    those that are texts and say what is ``allowed``. None of them becomes part of the SQL."""
    source: Word = LAKE
    """Who answers: ``lake`` is Athena, over the lake's files; ``warehouse`` is the environment's warehouse (option
    `warehouse`), over its own tables."""
    catalogue: Word = "main"
    """Of the lake: whose tables are asked, by its name in the environment: the lake's own is ``main``."""
    zone: Word = "curated"
    """The lake's zone that the answer goes to, under the run's id."""
    folder: Folder | None = None
    """Folder of the answer in the run's own. Left out: the step's name."""
    format: Literal["json", "csv", "parquet"] = "json"
    """Of the files: JSON lines; CSV without a header; Parquet."""
    max_minutes: int = Field(default=30, ge=1, le=24 * 60)
    """The query is stopped, and the run fails, after this many minutes. Athena's own limit is an account's quota, a
    warehouse's its option `max_minutes`."""

    @property
    def rows(self) -> Output:
        return Output(zone=self.zone, folder=self.folder or self.name)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self._without_comments().split(None, 1)[0].lower() not in ("select", "with"):
            raise ValueError("a query begins with SELECT or WITH: it reads, and its answer goes to the output `rows`")
        marks = [found["mark"] for found in MARK.finditer(self.sql) if found["mark"]]
        if ";" in marks:
            raise ValueError("a query is one statement, without a semicolon")
        if self.source != LAKE and self.zone not in UNLOADED_TO:
            raise ValueError(f"a warehouse unloads into {' or '.join(UNLOADED_TO)}, and `zone` is {self.zone}")
        if len(marks) != len(self.values):
            raise ValueError(f"the SQL has {len(marks)} question marks, and `values` has {len(self.values)}")
        return self

    def parts(self) -> tuple[str, ...]:
        """The SQL between its question marks."""
        found, begin = [], 0
        for mark in MARK.finditer(self.sql):
            if mark["mark"]:
                found.append(self.sql[begin : mark.start()])
                begin = mark.end()
        return (*found, self.sql[begin:])

    def _without_comments(self) -> str:
        kept = MARK.sub(lambda found: " " if found[0].startswith(("--", "/*")) else found[0], self.sql)
        return f"{kept} ."

    def makes(self) -> Mapping[str, Output | Made]:
        return {"rows": self.rows}

    def reads(self) -> Iterator[Read]:
        for index, value in enumerate(self.values):
            if isinstance(value, FromParameter):
                yield Read(f"values.{index}", value, ("number", "string"))

    def binds(self) -> Iterator[Bind]:
        if self.source == LAKE:
            yield Bind("catalogue", "catalogues", self.catalogue, changes=False)
        else:
            yield Bind("source", "warehouses", self.source, changes=False)

    @property
    def seconds(self) -> int:
        return self.max_minutes * 60
