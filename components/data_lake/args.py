"""What a team may say about its data lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mlops_iac.components._kit import KeyRef
from mlops_iac.components._kit.refs import ReaderRef
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.core.retention import Retention

ZONES = ("raw", "curated", "features", "models")
"""The zones of every lake, in the order in which data moves. Beside them lies `code/`, where runs find their code."""

Format = Literal["csv", "json", "parquet", "iceberg"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of the catalogue: how SQL reads a prefix of the lake."""

    zone: str
    columns: Mapping[str, str]
    """Column name to Hive type, in the file's order: ``{"id": "bigint", "score": "double"}``. CSV readers see strings
    only where the type is not numeric, so give numbers their type."""
    prefix: str = ""
    """Below the zone, ending in a slash. Left out: the whole zone; of an Iceberg table, the table's name."""
    format: Format = "csv"
    """Left out: CSV with one header line. ``iceberg`` is a table that keeps its own files below the prefix, every state
    that it ever had among them: rows come by INSERT or from a job, and no file that lies there otherwise is a row."""


@dataclass(frozen=True, kw_only=True)
class DataLakeArgs:
    """What a team may say about its data lake. The zones are fixed: pipelines and people rely on them."""

    key: KeyRef | None = None
    """Key of every object. Left out: S3-managed encryption, which costs nothing."""
    expire_raw_after_days: int | None = None
    """Delete raw objects after this many days. Left out: raw data is kept for ever."""
    expire: Mapping[str, int] = field(default_factory=dict)
    """Prefix to the days after which its objects are deleted: what is kept for a while only. Left out: none."""
    keep_old_versions_days: int | None = None
    """Days a replaced or deleted object can still be brought back. Left out: 7 under `sandbox`, 30 under `standard`,
    365 under `regulated`."""
    retention: Retention | None = None
    """Object Lock: how long nobody deletes registered models, the log of who did what, and evidence. What
    is locked stays so long, whatever is written here later. Left out: nothing is locked."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """Tables of the catalogue by name. Left out: an empty catalogue."""
    scan_limit_gib: int = 100
    """A query that scans more than this is stopped; Athena bills by what is scanned. Left out: 100 GiB, about 0.50
    $."""
    readers: Sequence[ReaderRef] = ()
    """Roles of other environments that may read archives of models. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `DataLakeNodes`. Left out: none."""
