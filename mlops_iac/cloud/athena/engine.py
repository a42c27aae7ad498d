"""Runs a query in DuckDB, which sees the files of the query's tables and nothing else of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from mlops_iac.cloud.athena.failure import QueryFailed
from mlops_iac.cloud.athena.iceberg import PARTS, Field, is_iceberg
from mlops_iac.cloud.athena.iceberg import view as iceberg_view
from mlops_iac.cloud.athena.insertion import insertion
from mlops_iac.cloud.athena.objects import Lake
from mlops_iac.cloud.athena.sources import make_view
from mlops_iac.cloud.athena.statement import Statement, TableName
from mlops_iac.cloud.athena.types import as_text, literal, quoted, to_athena

THREADS = 1
"""Queries of an embedded cloud are small; jobs need the cores."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    columns: tuple[tuple[str, str], ...]
    """Name and Athena's type."""
    rows: Iterator[Sequence[str | None]]
    """Values as Athena writes them; read them while the connection is open."""


class Engine:
    """One query's own database, in memory."""

    def __init__(self, folder: Path, lake: Lake) -> None:
        self._folder, self._lake = folder, lake
        self._connection: Any = None

    def __enter__(self) -> Engine:
        import duckdb

        self._connection = duckdb.connect(
            config={"threads": THREADS, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
        )
        self._connection.execute("SET integer_division = true; SET TimeZone = 'UTC'")  # as in Trino
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def stop(self) -> None:
        """Interrupt the query from another thread."""
        if self._connection is not None:
            self._connection.interrupt()

    def run(self, statement: Statement) -> Answer:
        """The answer to a query. Raises `QueryFailed` in Athena's words."""
        self._lay_out(statement)
        relation = self._told(lambda: self._connection.execute(statement.sql))
        kinds = [str(column[1]) for column in relation.description]
        columns = tuple((column[0], to_athena(kind)) for column, kind in zip(relation.description, kinds, strict=True))
        return Answer(columns=columns, rows=self._rows(relation, kinds))

    def write(self, statement: Statement, path: Path, options: str) -> None:
        """The query's answer as a file, in one of DuckDB's formats."""
        self._lay_out(statement)
        self._told(lambda: self._connection.execute(f"COPY ({statement.sql}) TO {literal(str(path))} ({options})"))

    def insert(self, statement: Statement, fields: Sequence[Field], path: Path) -> int:
        """The rows of an INSERT as a Parquet file of an Iceberg table with these fields; answers how many."""
        self._lay_out(statement)
        described = self._told(lambda: self._connection.execute(f"DESCRIBE {statement.sql}").fetchall())
        source = insertion(statement, fields, [(str(name), str(kind)) for name, kind, *_ in described])
        ids = ", ".join(f"{quoted(one.name)}: {one.id}" for one in fields)
        options = f"FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{ids}}}"
        done = self._told(lambda: self._connection.execute(f"COPY ({source}) TO {literal(str(path))} ({options})"))
        return int(done.fetchone()[0])

    def _lay_out(self, statement: Statement) -> None:
        """A view for each table; after that SQL reads nothing outside the query's folder, and cannot say otherwise."""
        for name in statement.reads:
            self._lay_out_table(name)
        folder = literal(str(self._folder))
        self._connection.execute(f"SET allowed_directories = [{folder}]")
        self._connection.execute("SET enable_external_access = false; SET lock_configuration = true")

    def _lay_out_table(self, name: TableName) -> None:
        of, _, part = name.name.partition("$")
        table = self._lake.get_table(replace(name, name=of) if part in PARTS else name)
        if is_iceberg(table):
            self._told(partial(self._lay_out_iceberg, replace(name, name=of), part, name))
        elif part in PARTS or name.at:
            raise QueryFailed("NOT_SUPPORTED", f"Time travel is for Iceberg tables, and {of} is none")
        else:
            self._told(partial(make_view, self._connection, name, table, self._lake.fetch(name, table)))

    def _lay_out_iceberg(self, of: TableName, part: str, called: TableName) -> None:
        """A table, or what it tells of itself."""
        iceberg = self._lake.iceberg
        target = f"{quoted(called.database)}.{quoted(called.view)}"
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(called.database)}")
        if part:
            columns, rows = iceberg.tell(of, part)
            self._connection.execute(f"CREATE TABLE {target} ({columns})")
            for row in rows:
                self._connection.execute(f"INSERT INTO {target} VALUES ({', '.join('?' * len(row))})", row)
            return
        seen = iceberg.see(of, self._instant)
        files = self._lake.fetch_objects(seen.files)
        self._connection.execute(f"CREATE VIEW {target} AS {iceberg_view(seen, files)}")

    def _instant(self, expression: str) -> int:
        """Milliseconds since 1970 of an expression that is a moment."""
        asked = f"SELECT epoch_ms(CAST({expression} AS TIMESTAMP WITH TIME ZONE))"
        return int(self._told(lambda: self._connection.execute(asked).fetchone()[0]))

    def _rows(self, relation: Any, kinds: Sequence[str]) -> Iterator[Sequence[str | None]]:
        while rows := self._told(lambda: relation.fetchmany(1000)):
            for row in rows:
                yield [as_text(value, kind) for value, kind in zip(row, kinds, strict=True)]

    def _told(self, do: Callable[[], Any]) -> Any:
        import duckdb

        try:
            return do()
        except duckdb.Error as error:
            raise QueryFailed(_code(error), str(error).splitlines()[0].partition(": ")[2] or str(error)) from error


def _code(error: Exception) -> str:
    """Athena's word for a kind of error of DuckDB's."""
    import duckdb

    for kind, code in (
        (duckdb.ConversionException, "INVALID_CAST_ARGUMENT"),
        (duckdb.OutOfRangeException, "NUMERIC_VALUE_OUT_OF_RANGE"),
        (duckdb.PermissionException, "NOT_SUPPORTED"),
        (duckdb.InvalidInputException, "HIVE_BAD_DATA"),
        (duckdb.IOException, "HIVE_CANNOT_OPEN_SPLIT"),
        (duckdb.CatalogException, "FUNCTION_NOT_FOUND"),
        (duckdb.BinderException, "COLUMN_NOT_FOUND"),
        (duckdb.ParserException, "SYNTAX_ERROR"),
        (duckdb.InterruptException, "QUERY_CANCELLED"),
    ):
        if isinstance(error, kind):
            return code
    return "GENERIC_INTERNAL_ERROR"
