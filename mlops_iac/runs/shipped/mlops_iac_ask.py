"""Asks an adopted Snowflake one question, and leaves the answer as files.

Answers come in Arrow's batches, each of which becomes a file, so that no answer must fit into the machine's memory.
Values are bound by Snowflake itself and never become part of the SQL. The package `snowflake-connector-python` is of
the team's own requirements.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROWS = Path("/opt/ml/processing/output/rows")
NAMES = ("account", "user", "warehouse", "database", "schema", "role", "authenticator", "host", "port", "protocol")
"""Of what the connector is told, and of variables that say it (`SNOWFLAKE_HOST`)."""


def main(told: Mapping[str, str]) -> None:
    import snowflake.connector  # type: ignore[import-not-found, unused-ignore]

    sql, values = json.loads("".join(numbered(told, "sql"))), bound(told)
    try:
        with snowflake.connector.connect(**settings(os.environ)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            rows = write(cursor, told["format"])
    except snowflake.connector.errors.Error as error:
        sys.exit(f"Snowflake did not answer: {error}")
    print(f"query: {rows} rows, by Snowflake's query {cursor.sfqid}")


def numbered(told: Mapping[str, str], name: str) -> list[str]:
    """The values of ``name-1``, ``name-2`` and so on."""
    found: list[str] = []
    while (key := f"{name}-{len(found) + 1}") in told:
        found.append(told[key])
    return found


def bound(told: Mapping[str, str]) -> list[Any]:
    """What the question marks stand for."""
    numbers = told.get("numbers", "").split(",")
    values = numbered(told, "value")
    return [number(one) if str(place) in numbers else one for place, one in enumerate(values, 1)]


def number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def settings(variables: Mapping[str, str]) -> dict[str, Any]:
    """What the connector is told: who asks whom, and by which credential."""
    found: dict[str, Any] = {
        name: variables[f"SNOWFLAKE_{name.upper()}"] for name in NAMES if variables.get(f"SNOWFLAKE_{name.upper()}")
    }
    if key := variables.get("SNOWFLAKE_PRIVATE_KEY_RAW"):
        found["private_key"] = der(key)
    for name in ("password", "token"):
        if value := variables.get(f"SNOWFLAKE_{name.upper()}"):
            found[name] = value
    return {**found, "paramstyle": "qmark", "application": "mlops_iac"}


def der(key: str) -> bytes:
    """A private key in PEM as the connector takes it."""
    from cryptography.hazmat.primitives import serialization

    loaded = serialization.load_pem_private_key(key.encode(), password=None)
    return loaded.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write(cursor: Any, form: str) -> int:
    """Every batch of the answer as a file; an answer without rows is one file that has none. How many rows it was."""
    ROWS.mkdir(parents=True, exist_ok=True)
    rows, number = 0, -1
    for number, table in enumerate(cursor.fetch_arrow_batches()):
        rows += write_file(evened(table), ROWS / f"rows-{number:05d}.{form}", form)
    if number < 0:
        write_file(evened(cursor.fetch_arrow_all(force_return_table=True)), ROWS / f"rows-00000.{form}", form)
    return rows


def evened(table: Any) -> Any:
    """Whole numbers of one width: Snowflake sends each batch's as narrow as its values are, and files of one folder
    must have one schema."""
    import pyarrow  # type: ignore[import-not-found, import-untyped, unused-ignore]

    fields = [
        field.with_type(pyarrow.int64()) if pyarrow.types.is_integer(field.type) else field for field in table.schema
    ]
    return table.cast(pyarrow.schema(fields))


def write_file(table: Any, path: Path, form: str) -> int:
    if form == "parquet":
        import pyarrow.parquet  # type: ignore[import-not-found, import-untyped, unused-ignore]

        pyarrow.parquet.write_table(table, path)
    elif form == "csv":
        import pyarrow.csv  # type: ignore[import-not-found, import-untyped, unused-ignore]

        # Without a header, as Athena's answers are.
        pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(include_header=False))
    else:
        path.write_text("".join(lines(table.to_pylist())), encoding="utf-8")
    return int(table.num_rows)


def lines(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for row in rows:
        yield f"{json.dumps(row, default=plain, ensure_ascii=False)}\n"


def plain(value: Any) -> Any:
    """What JSON has no form for: decimals are numbers, days and times text."""
    from decimal import Decimal

    return float(value) if isinstance(value, Decimal) else str(value)


def pairs(words: Sequence[str]) -> dict[str, str]:
    """``--name value`` pairs. A piece of SQL may begin with hyphens, so they are read by their places."""
    return {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}


if __name__ == "__main__":
    main(pairs(sys.argv[1:]))
