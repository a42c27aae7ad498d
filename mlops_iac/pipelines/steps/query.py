"""A step that asks a question in SQL, of the lake by Athena, of a warehouse or of an adopted system, and leaves the
answer in the lake."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from mlops_iac.core.environment import SHIPPED
from mlops_iac.core.errors import Problem
from mlops_iac.core.requirement_names import REQUIREMENTS, find_missing
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import PARAMETERS, FromParameter
from mlops_iac.pipelines.steps.processing import ProcessingStep
from mlops_iac.pipelines.steps.step import Bind, Fault, Folder, Job, KeyOf, Machines, Made, Output, Read, Step

LAKE: Final = "lake"
"""The source that every environment has: its catalogue's tables, which Athena asks."""
ADOPTED: Final = "external."
"""What the name of a source begins with that is a system under `external` in the stack file."""
ASKED: Final = {"snowflake": "snowflake-connector-python"}
"""Kinds of such systems that can be asked, to the package by which a job does it."""
ASKS: Final = "mlops_iac_ask.py"
"""What asks; it is shipped."""
LONGEST_ARGUMENT, MOST_ARGUMENTS = 256, 100
"""Of a processing job: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html"""
UNLOADED_TO: Final = ("curated", "features")
"""Zones of the lake that a warehouse may write."""
MARK: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|(?P<mark>[?;])", re.DOTALL)
"""Texts, names and comments, in which no mark is one; else a question mark or the end of a statement."""


def _value(value: Any) -> Any:
    """Text that begins as a reference is one."""
    return FromParameter.model_validate(value) if str(value).startswith(f"{PARAMETERS}.") else value


SourceName = Annotated[str, StringConstraints(pattern=r"^(external\.)?[a-zA-Z_][a-zA-Z0-9_]*$", max_length=73)]
Value = Annotated[FromParameter | float | str, BeforeValidator(_value)]


class QueryStep(Step):
    """Its one output, ``rows``, is the folder of what the query answers: it is unloaded into it, in several files."""

    kind: ClassVar[str] = "query"

    sql: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    """One SELECT, over the tables of its source. A question mark stands for a value of ``values``."""
    values: tuple[Value, ...] = Field(default=(), max_length=100)
    """What the question marks stand for, in their order: numbers, texts, parameters of the run that are numbers, and
    those that are texts and say what is ``allowed``. None of them becomes part of the SQL."""
    source: SourceName = LAKE
    """Who answers: ``lake`` is Athena, over the lake's files; ``warehouse`` is the environment's warehouse (option
    `warehouse`), over its own tables; ``external.NAME`` is the Snowflake of that name under `external` in the stack
    file, which a processing job asks with the credentials that the stack file names."""
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
    job: Job = Field(default_factory=Job)
    """Of an adopted system's answer: the machine that fetches it."""

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
        if not self.system and self.job != Job(settings=self.job.settings):
            raise ValueError(f"`job` is of a source `{ADOPTED}NAME`: Athena and a warehouse answer without a machine")
        if self.source != LAKE and not self.system and self.zone not in UNLOADED_TO:
            raise ValueError(f"a warehouse unloads into {' or '.join(UNLOADED_TO)}, and `zone` is {self.zone}")
        if len(marks) != len(self.values):
            raise ValueError(f"the SQL has {len(marks)} question marks, and `values` has {len(self.values)}")
        if self.system and any(
            isinstance(one, str) and ("\n" in one or len(one) > LONGEST_ARGUMENT) for one in self.values
        ):
            raise ValueError(f"a text of `values` is one line of {LONGEST_ARGUMENT} characters: it is a job's argument")
        if self.system and 2 * len(self._told(())) > MOST_ARGUMENTS:
            raise ValueError(
                f"the SQL and its values take {2 * len(self._told(()))} arguments of a job, which takes "
                f"{MOST_ARGUMENTS} of {LONGEST_ARGUMENT} characters: make a view of it there, and ask that"
            )
        return self

    @property
    def system(self) -> str:
        """The adopted system that is asked, by its name under `external`; empty where none is."""
        return self.source.removeprefix(ADOPTED) if self.source.startswith(ADOPTED) else ""

    @property
    def uses(self) -> tuple[str, ...]:
        """The same, as scripts name what they use."""
        return (self.system,) if self.system else ()

    def processing(self, numbers: Collection[str]) -> ProcessingStep:
        """The processing step that asks an adopted system. ``numbers``: parameters of the run that are numbers."""
        return ProcessingStep(
            name=self.name,
            after=self.after,
            script=ASKS,
            job=self._job,
            uses=self.uses,
            inputs={},
            outputs={"rows": self.rows},
            arguments=self._told(numbers),
        )

    @property
    def _job(self) -> Job:
        return self.job.model_copy(update={"max_minutes": self.max_minutes})

    def _told(self, numbers: Collection[str]) -> dict[str, Any]:
        """What the script is told: SQL as the text of a string of JSON, in pieces, as an argument has no line ends."""
        text, size = json.dumps(self.sql.strip(), ensure_ascii=False), LONGEST_ARGUMENT
        pieces = [text[begin : begin + size] for begin in range(0, len(text), size)]
        numeric = [
            str(number)
            for number, value in enumerate(self.values, 1)
            if (value.parameter in numbers if isinstance(value, FromParameter) else isinstance(value, float))
        ]
        return {
            "format": self.format,
            **({"numbers": ",".join(numeric)} if numeric else {}),
            **{f"sql-{number}": piece for number, piece in enumerate(pieces, 1)},
            **{
                f"value-{number}": repr(value) if isinstance(value, float) else value
                for number, value in enumerate(self.values, 1)
            },
        }

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
        elif self.system:
            yield Bind("source", "external", self.system, changes=False)
        else:
            yield Bind("source", "warehouses", self.source, changes=False)

    def misfits(self, bind: Bind, bound: Any) -> Iterator[Problem]:
        if bind.kind == "external" and bound.kind not in ASKED:
            yield Problem(
                path=f"{self.name}.source",
                summary="A system answers no queries.",
                detail=f"Step `{self.name}` asks `{bind.name}`, which is of kind `{bound.kind}`; a query step asks "
                f"{', '.join(ASKED)}.",
                hint="fetch what it holds by a processing step of your own, with `uses`.",
            )

    def faults(self, folder: Path) -> Iterator[Fault]:
        """The package travels with the team's code, so that only who asks such a system installs it."""
        if self.system and (missing := find_missing(folder, ASKED.values())):
            detail = f"Step `{self.name}` asks `{self.source}`, for which {REQUIREMENTS} must name `{missing[0]}`."
            yield Fault("source", detail, f"add `{missing[0]}` to {REQUIREMENTS}, on a line of its own.")

    def jobs(self) -> Iterator[Machines]:
        if self.system:
            yield self._job

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {**self.processing(()).facts(key_of), SHIPPED: ASKS} if self.system else {}

    @property
    def seconds(self) -> int:
        return self.max_minutes * 60
