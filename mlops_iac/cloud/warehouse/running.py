"""Runs the statements of one call in one transaction: who may, what they do, what they answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.warehouse import lake, rights
from mlops_iac.cloud.warehouse.database import Database
from mlops_iac.cloud.warehouse.failure import StatementFailed
from mlops_iac.cloud.warehouse.lake import RoleOfStatement
from mlops_iac.cloud.warehouse.results import as_fields, column, size_of
from mlops_iac.cloud.warehouse.rights import User
from mlops_iac.cloud.warehouse.sql import Session, Statement, parse

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

MOST_BYTES: Final = 500 * 1024 * 1024
"""Of an answer: https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html (considerations)."""
CHUNK: Final = 1000
"""Rows that are in memory at once."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What one statement came to."""

    rows: int = -1
    size: int = 0
    columns: Sequence[Mapping[str, Any]] = ()
    """Empty: it answers nothing."""


@dataclass(kw_only=True)
class Work:
    """One call's statements, and what they act on."""

    gateway: Gateway
    namespace: Mapping[str, Any]
    region: str
    user: User
    database: Database
    texts: Sequence[str]
    parameters: Mapping[str, str]
    results: Sequence[Path]
    """Where the answer of each goes, a row a line."""
    cursor: Any = None
    at: int = 0
    """Which one is running."""
    cancelled: bool = False

    def run(self) -> list[Done]:
        """All of them, or nothing. Raises `StatementFailed`; then ``at`` is the one that failed."""
        session, statements, done = Session(), [], []
        for number, text in enumerate(self.texts):
            self.at = number
            statements.append(parse(text, self.parameters, session))
        with self.database.transaction(writes=any(one.writes for one in statements)) as self.cursor:
            for number, statement in enumerate(statements):
                self.at = number
                if self.cancelled:
                    raise StatementFailed("Query cancelled on user's request")
                done.append(self._run(statement, self.results[self.at]))
        return done

    def cancel(self) -> None:
        self.cancelled = True
        if self.cursor is not None:
            self.cursor.interrupt()

    def _run(self, statement: Statement, result: Path) -> Done:
        self.user.demand(self.cursor, "SELECT", statement.reads)
        if statement.kind == "select":
            return self._select(statement, result)
        if statement.unload:
            role = self._role(statement.unload.options.role)
            return Done(rows=lake.write(self.cursor, statement.unload, statement.sql, role, self.database.work))
        if statement.copy:
            self._demand_there(statement)
            role = self._role(statement.copy.options.role)
            return Done(rows=lake.read(self.cursor, statement.copy, statement.changes, role, self.database.work))
        if statement.granting:
            statement.granting.carry_out(self.cursor, self.user)
            return Done()
        return self._change(statement)

    def _role(self, asked: str) -> RoleOfStatement:
        return RoleOfStatement(self.gateway, self.namespace, self.region, asked)

    def _demand_there(self, statement: Statement) -> None:
        self.user.demand(self.cursor, statement.privilege, [statement.changes])

    def _select(self, statement: Statement, path: Path) -> Done:
        answer = self.cursor.execute(statement.sql)
        columns = [column(one[0], str(one[1])) for one in answer.description]
        rows = size = 0
        with path.open("w", encoding="utf-8") as file:
            while found := answer.fetchmany(CHUNK):
                fields = as_fields(found)
                rows, size = rows + len(fields), size + size_of(fields)
                if size > MOST_BYTES:
                    raise StatementFailed("Query result size exceeds 500 MB")
                file.writelines(json.dumps(row) + "\n" for row in fields)
        return Done(rows=rows, size=size, columns=columns)

    def _change(self, statement: Statement) -> Done:
        """Everything that answers nothing: who owns what follows from what is made and dropped."""
        cursor, name, user = self.cursor, statement.changes, self.user
        if statement.kind == "nothing":
            return Done()
        if statement.kind == "change":
            self._demand_there(statement)
            return Done(rows=int(cursor.execute(statement.sql).fetchone()[0]))
        if statement.kind == "create" and not statement.is_schema:
            user.demand_create(cursor, name)
        if statement.kind != "create" or _replaces(statement):
            user.demand_owner(cursor, name)
        known = rights.owner_of(cursor, name)
        cursor.execute(statement.sql)
        if statement.kind == "create" and not statement.is_temporary and (known is None or _replaces(statement)):
            user.own(cursor, name)
        elif statement.kind == "drop":
            rights.forget(cursor, name)
            for inner in rights.names_in(cursor, name) if statement.is_schema else ():
                rights.forget(cursor, inner)
        elif statement.renamed:
            rights.rename(cursor, name, statement.renamed)
        return Done()


def _replaces(statement: Statement) -> bool:
    return statement.sql.upper().startswith("CREATE OR REPLACE")
