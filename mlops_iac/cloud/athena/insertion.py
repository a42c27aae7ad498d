"""What an INSERT writes: its query's columns as the table's, by the rules of Trino. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mlops_iac.cloud.athena.failure import QueryFailed
from mlops_iac.cloud.athena.iceberg import Field
from mlops_iac.cloud.athena.statement import Statement
from mlops_iac.cloud.athena.types import quoted, to_athena

NUMBERS: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE")
"""Each becomes one that stands after it by itself, and none that stands before it:
https://trino.io/docs/current/sql/insert.html, https://trino.io/docs/current/functions/conversion.html"""

SAME: Final = {
    "HUGEINT": "BIGINT", "UBIGINT": "BIGINT", "UINTEGER": "BIGINT",
    "TIMESTAMP_MS": "TIMESTAMP", "TIMESTAMP_NS": "TIMESTAMP", "TIMESTAMP_S": "TIMESTAMP",
}  # fmt: skip
"""What DuckDB says of sums and counts that Trino calls otherwise."""


def insertion(statement: Statement, fields: Sequence[Field], columns: Sequence[tuple[str, str]]) -> str:
    """SQL of the rows as the table holds them.

    ``columns`` are those of the statement's query, with DuckDB's types. Raises `QueryFailed` in Trino's words for
    columns that the table lacks, for too many or too few, and for types that do not become the table's by themselves.
    """
    known = {one.name: one for one in fields}
    for name in statement.columns:
        if name not in known:
            raise QueryFailed("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {name}")
        if statement.columns.count(name) > 1:
            raise QueryFailed("DUPLICATE_COLUMN_NAME", f"Insert column name is specified more than once: {name}")
    targets = [known[name] for name in statement.columns] or [*fields]
    ours = [one.type for one in targets]
    theirs = [kind for _, kind in columns]
    if len(ours) != len(theirs) or not all(map(fits, theirs, ours)):
        table, query = (", ".join(to_athena(kind) for kind in kinds) for kinds in (ours, theirs))
        reason = f"Insert query has mismatched column types: Table: [{table}], Query: [{query}]"
        raise QueryFailed("TYPE_MISMATCH", reason)
    given = {one.name: f"given.c{number}" for number, one in enumerate(targets)}
    shown = ", ".join(f"CAST({given.get(one.name, 'NULL')} AS {one.type}) AS {quoted(one.name)}" for one in fields)
    names = ", ".join(f"c{number}" for number in range(len(targets)))
    return f"SELECT {shown} FROM ({statement.sql}) AS given({names})"


def fits(kind: str, target: str) -> bool:
    """Whether a value of one type becomes another by itself; both in DuckDB's words."""
    kind, target = (SAME.get(one, one) for one in (kind, target))
    if kind == target or kind == '"NULL"':
        return True
    a, b = kind.partition("(")[0], target.partition("(")[0]
    if a in NUMBERS and b in NUMBERS:
        return NUMBERS.index(a) <= NUMBERS.index(b)
    return (a, b) in (
        ("DATE", "TIMESTAMP"),
        ("DATE", "TIMESTAMP WITH TIME ZONE"),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    )
