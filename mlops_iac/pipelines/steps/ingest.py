"""A step that puts rows into groups of features: into the online store and the history alike."""

from __future__ import annotations

from typing import ClassVar

from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.featured import FeaturedStep


class IngestStep(FeaturedStep):
    """Reads CSV with a header: ``<group>.csv``, or any below ``<group>/``. An empty field is no value. A row that is
    older than what the online store has goes to the history only; a row that is put twice is there twice, and counts
    once. Its one output, ``report``, holds an ``evaluation.json`` with ``rows``, how many were put."""

    kind: ClassVar[str] = "ingest"
    call: ClassVar[str] = "ingest"
    makes_one: ClassVar[str] = "report"
    figures: ClassVar[tuple[str, ...]] = ("rows",)

    rows: Source
    """The folder of the rows."""

    @property
    def source(self) -> Source:
        return self.rows
