"""A step that runs one of the team's scripts once for each item of a list, and again for each index of an item."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromParameter, Source, TextOrParameter
from mlops_iac.pipelines.steps.folders import ArgumentName, VariableName
from mlops_iac.pipelines.steps.step import Folder, KeyOf, Made, Output, Read, ScriptStep

MOST_ITEMS = 10_000
"""Items of a list that is written out, as many as an array has children."""
MOST_INDICES = 10_000
"""Children of one array: https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html"""
RESULTS, KEPT = "results", "kept"

Item = str | int | float | dict[Word, str | int | float]
ItemsFile = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\.(csv|json|jsonl|manifest)$", max_length=100
    ),
]


class KeptFolder(Output):
    """Where the results of tasks are kept by their content, for all runs of the same code: ``<zone>/kept/<sha>/``."""

    folder: Folder = "kept"
    per: ClassVar[Literal["code", "run"]] = "code"


class MapStep(ScriptStep):
    """The script gets its item as arguments (``--column value``, or ``--item value``), ``--index`` where an item has
    several, and leaves its result, as JSON, in the file that ``MLOPS_IAC_RESULT`` names. Its one output, ``results``,
    is a folder of ``.jsonl`` files with a line for each task: ``{"item": …, "index": …, "result": …}``."""

    kind: ClassVar[str] = "map"
    repeatable: ClassVar[bool] = False
    may_use: ClassVar[bool] = False

    items: tuple[Item, ...] | Source = Field()
    """A list, or where ``items_file`` lies: a folder that an earlier step made, or a prefix that the run was told."""
    items_file: ItemsFile = "items.csv"
    """The file of the items: CSV with a header (an item is a row), a JSON list, or lines of JSON (``.jsonl``, and
    ``.manifest`` as SageMaker calls them)."""
    inner: int = Field(default=1, ge=1, le=MOST_INDICES)
    """How often the script runs for each item, told apart by ``--index``: 0, 1, …"""
    containers: int = Field(default=1, ge=1, le=MOST_INDICES)
    """With ``compute: batch``: how many containers of an array share an item's indices. Each runs its share as one job
    does: it starts Python and its libraries once, and forks for each index."""
    cache: bool = False  # type: ignore[assignment]  # of each task, and not of the step as a whole
    """Whether results are kept by content, and taken from what earlier runs kept: those of tasks with the same code,
    item, index, inputs, arguments and variables. What a run had done when it failed or was stopped counts, too."""
    max_concurrency: int = Field(default=40, ge=1, le=10_000)
    """How many items are worked on at the same time."""
    tolerate: int | Annotated[str, StringConstraints(pattern=r"^(100|[0-9]{1,2})(\.[0-9]+)?%$")] = 0
    """How many items may fail without the step failing: a count, or a share such as 5%. An item has failed when one of
    its tasks has; its results are left out."""
    inputs: dict[Word, Source] = Field(default_factory=dict)
    """Name to data that every task finds under ``/opt/ml/processing/input/<name>``."""
    arguments: dict[ArgumentName, TextOrParameter] = Field(default_factory=dict)
    """Passed to every task as ``--name value``."""
    environment: dict[VariableName, Annotated[str, StringConstraints(max_length=256)]] = Field(default_factory=dict)
    """Variables of the script."""
    results: Output
    """The folder that the results are gathered in."""

    @property
    def reusable(self) -> None:
        """The tasks' results are kept one by one."""

    @property
    def written(self) -> tuple[Item, ...] | None:
        """The items, where they are written out."""
        return self.items if isinstance(self.items, tuple) else None

    @model_validator(mode="after")
    def _check_items(self) -> Self:
        count = len(self.written) if self.written is not None else 1
        if not 1 <= count <= MOST_ITEMS:
            raise ValueError(
                f"a map has 1 to {MOST_ITEMS:,} items, this one {count:,}: put more into a file, one row each"
            )
        seen = Counter(json.dumps(item, sort_keys=True) for item in self.written or ())
        twice = next((item for item, times in seen.items() if times > 1), None)
        if twice:
            raise ValueError(f"the item {twice} stands {seen[twice]} times in the list; write it once")
        taken = {"code", "items", "kept", "order"} & {*self.inputs}
        if taken:
            raise ValueError(f"the input `{min(taken)}` is the map's own; give yours another name")
        return self

    @model_validator(mode="after")
    def _check_containers(self) -> Self:
        if self.containers > 1 and self.compute != "batch":
            raise ValueError(
                "`containers` is for `compute: batch`; a SageMaker job runs an item's indices itself, so leave it out"
            )
        if self.containers > self.inner:
            raise ValueError(
                f"{self.containers} containers cannot share {self.inner} indices: `containers` is at most `inner`"
            )
        return self

    @property
    def seconds(self) -> int:
        """With as many items as may be written out: how many a file has is known when it is read."""
        rounds = math.ceil(len(self.written or range(MOST_ITEMS)) / self.max_concurrency)
        return rounds * super().seconds

    def makes(self) -> Mapping[str, Output | Made]:
        kept = {KEPT: KeptFolder(zone=self.results.zone)} if self.cache else {}
        return {RESULTS: self.results, **kept}

    def reads(self) -> Iterator[Read]:
        if not isinstance(self.items, tuple):
            yield Read("items", self.items, ("prefix", "folder"))
        for name, source in self.inputs.items():
            yield Read(f"inputs.{name}", source, ("prefix", "folder", "model"))
        for name, value in self.arguments.items():
            if isinstance(value, FromParameter):
                yield Read(f"arguments.{name}", value, ("string", "number", "prefix"))

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        """Each item's job is called like the step's, with the item's number behind it."""
        room = len(f"-{MOST_ITEMS}")
        job = self.kind if self.compute == "sagemaker" else self.compute
        kept = {KEPT: key_of(self.output(KEPT))} if self.cache else {}
        return {**kept, "job": job, "name_limit": self.name_limit - room, "settings": self.job.settings}
