"""Whose a table is and whom its owner let in. Kept beside the tables, so that both are changed together.

A database's user is whoever asks: an IAM role is ``IAMR:<role>``, an IAM user ``IAM:<user>``, and who shows the
administrator's secret is the administrator, who may do everything. A new table is its owner's alone, as on Redshift:
"Default database user permissions" in the database developer guide.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from mlops_iac.cloud.warehouse.failure import StatementFailed

OWN: Final = "_mlops_iac"
"""The schema of these tables, which no statement can name."""
TABLES: Final = (
    f"CREATE SCHEMA IF NOT EXISTS {OWN}",
    f"CREATE TABLE IF NOT EXISTS {OWN}.owners (name VARCHAR, owner VARCHAR)",
    f"CREATE TABLE IF NOT EXISTS {OWN}.grants (name VARCHAR, privilege VARCHAR, grantee VARCHAR)",
)
PUBLIC: Final = "public"
"""Everybody."""
PRIVILEGES: Final = ("DELETE", "INSERT", "SELECT", "UPDATE")
ON_SCHEMAS: Final = ("CREATE", "USAGE")


class User:
    """Who runs a statement."""

    def __init__(self, name: str, *, superuser: bool = False) -> None:
        self.name, self.superuser = name, superuser

    def demand(self, cursor: Any, privilege: str, names: Iterable[str]) -> None:
        """Whether the user may do this to tables that exist. Raises `StatementFailed` for the first they may not."""
        for name in names:
            schema, _, table = name.rpartition(".")
            if not self._may(cursor, "USAGE", schema):
                raise StatementFailed(f"permission denied for schema {schema}")
            if not self._may(cursor, privilege, name):
                raise StatementFailed(f"permission denied for relation {table}")

    def demand_create(self, cursor: Any, name: str) -> None:
        """Whether the user may make something in a schema: anybody may in ``public``."""
        schema = name.rpartition(".")[0]
        if not self._may(cursor, "CREATE", schema):
            raise StatementFailed(f"permission denied for schema {schema}")

    def demand_owner(self, cursor: Any, name: str) -> None:
        owner = owner_of(cursor, name)
        if not self.superuser and owner not in (None, self.name):
            kind = "relation" if "." in name else "schema"
            raise StatementFailed(f"must be owner of {kind} {name.rpartition('.')[2]}")

    def _may(self, cursor: Any, privilege: str, name: str) -> bool:
        owner = owner_of(cursor, name)
        if self.superuser or owner in (None, self.name):
            return True  # what has no owner is not there, temporary, or the schema `public`
        query = f"SELECT 1 FROM {OWN}.grants WHERE name = ? AND privilege = ? AND grantee IN (?, ?)"
        return cursor.execute(query, [name, privilege, self.name, PUBLIC]).fetchone() is not None

    def own(self, cursor: Any, name: str) -> None:
        forget(cursor, name)
        cursor.execute(f"INSERT INTO {OWN}.owners VALUES (?, ?)", [name, self.name])


def owner_of(cursor: Any, name: str) -> str | None:
    found = cursor.execute(f"SELECT owner FROM {OWN}.owners WHERE name = ?", [name]).fetchone()
    return str(found[0]) if found else None


def names_in(cursor: Any, schema: str) -> list[str]:
    """The tables and views of a schema, with its name."""
    found = cursor.execute(f"SELECT name FROM {OWN}.owners WHERE name LIKE ? || '.%'", [schema])
    return [str(name) for (name,) in found.fetchall()]


def change(cursor: Any, names: Iterable[str], privileges: Iterable[str], grantees: Iterable[str], *, add: bool) -> None:
    listed = [(name, one, who) for name in names for one in privileges for who in grantees]
    for row in listed:
        cursor.execute(f"DELETE FROM {OWN}.grants WHERE (name, privilege, grantee) = (?, ?, ?)", list(row))
        if add:
            cursor.execute(f"INSERT INTO {OWN}.grants VALUES (?, ?, ?)", list(row))


def rename(cursor: Any, name: str, new: str) -> None:
    for table in ("owners", "grants"):
        cursor.execute(f"UPDATE {OWN}.{table} SET name = ? WHERE name = ?", [new, name])


def forget(cursor: Any, name: str) -> None:
    for table in ("owners", "grants"):
        cursor.execute(f"DELETE FROM {OWN}.{table} WHERE name = ?", [name])
