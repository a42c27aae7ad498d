"""One namespace's tables, in a file of DuckDB; its SQL sees the files of COPY and UNLOAD, and nothing else of this
machine."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mlops_iac.cloud.athena.types import literal
from mlops_iac.cloud.warehouse import rights
from mlops_iac.cloud.warehouse.failure import StatementFailed

PUBLIC: Final = "public"
"""The schema that every database begins with."""
_SETTINGS: Final = {
    "threads": 1,  # statements of an embedded cloud are small; jobs need the cores
    "memory_limit": "1GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class Database:
    """Open for as long as the cloud runs. Many may read at once; who writes waits for who writes."""

    def __init__(self, path: Path, work: Path) -> None:
        import duckdb

        self.path, self.work = path, work
        self._connection: Any = duckdb.connect(str(path), config={**_SETTINGS, "temp_directory": str(work)})
        path.chmod(0o600)
        self._writing = threading.Lock()
        for statement in (
            f"CREATE SCHEMA IF NOT EXISTS {PUBLIC}",
            *rights.TABLES,
            "SET GLOBAL integer_division = true",  # as in Redshift
            f"SET GLOBAL allowed_directories = [{literal(str(work))}]",
            "SET GLOBAL enable_external_access = false",
            "SET GLOBAL lock_configuration = true",
        ):
            self._connection.execute(statement)

    @contextlib.contextmanager
    def transaction(self, *, writes: bool) -> Iterator[Any]:
        """A cursor whose changes are all kept, durably, or none. Raises `StatementFailed` in Redshift's words."""
        with contextlib.ExitStack() as held:
            if writes:
                held.enter_context(self._writing)
            cursor = self._connection.cursor()
            held.callback(cursor.close)
            cursor.execute("BEGIN")
            try:
                with _told():
                    yield cursor
                    cursor.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(Exception):
                    cursor.execute("ROLLBACK")
                raise

    def close(self) -> None:
        self._connection.close()


_MESSAGES: Final = (
    (r"Table with name (?P<what>\S+?)!? does not exist", 'relation "{what}" does not exist'),
    (r"View with name (?P<what>\S+?)!? does not exist", 'relation "{what}" does not exist'),
    (r"Schema with name (?P<what>\S+?)!? does not exist", 'schema "{what}" does not exist'),
    (r'Schema with name "(?P<what>[^"]+)" already exists', 'Schema "{what}" already exists.'),
    (r'(Table|View) with name "(?P<what>[^"]+)" already exists', 'Relation "{what}" already exists'),
    (r'Referenced column "(?P<what>[^"]+)" not found', 'column "{what}" does not exist'),
    (r'CHECK constraint failed.*?strlen\("?(?P<what>\w+)"?\)', 'Value too long for column "{what}"'),
    (r"NOT NULL constraint failed: (\S+\.)?(?P<what>\w+)", "Cannot insert a NULL value into column {what}"),
    (r"Scalar Function with name (?P<what>\w+) does not exist", "function {what} does not exist"),
    (r"Division by zero", "division by zero"),
)
"""DuckDB's words to Redshift's, where clients are known to look at them."""


@contextlib.contextmanager
def _told() -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.InterruptException as error:
        raise StatementFailed("Query cancelled on user's request") from error
    except duckdb.Error as error:
        raise StatementFailed(_words(str(error))) from error


def _words(text: str) -> str:
    for pattern, words in _MESSAGES:
        if found := re.search(pattern, text, re.DOTALL):
            return words.format(**found.groupdict())
    first = text.splitlines()[0]
    return first.partition(": ")[2] or first
