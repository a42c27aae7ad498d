"""What a statement says: its kind, the relations it reads and changes, and the same in DuckDB's words. Pure."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlops_iac.cloud.warehouse.copying import Copy, Unload, find_copy, find_unload
from mlops_iac.cloud.warehouse.failure import StatementFailed, not_emulated
from mlops_iac.cloud.warehouse.granting import Granting, find_granting
from mlops_iac.cloud.warehouse.rights import OWN

PUBLIC: Final = "public"
_HOUSEKEEPING: Final = re.compile(r"^\s*(ANALYZE|VACUUM)\b", re.I)
"""What Redshift does to how a table lies, not to what it says."""
_HIDDEN: Final = frozenset({OWN, "main", "duckdb", "temp", "system"})


@dataclass(frozen=True, kw_only=True)
class Statement:
    kind: str
    """``select``, ``change``, ``create``, ``drop``, ``alter``, ``copy``, ``unload``, ``grant`` or ``nothing``."""
    sql: str = ""
    reads: tuple[str, ...] = ()
    """Relations with their schemas: ``public.sales``."""
    changes: str = ""
    """The relation that it makes or changes."""
    privilege: str = ""
    """What changing it takes."""
    is_temporary: bool = False
    """Whether what it makes is gone with the session."""
    is_schema: bool = False
    renamed: str = ""
    copy: Copy | None = None
    unload: Unload | None = None
    granting: Granting | None = None

    @property
    def writes(self) -> bool:
        return self.kind not in ("select", "nothing", "unload")


@dataclass
class Session:
    """What one call's statements know of each other: the tables that only they see."""

    temporary: set[str] = field(default_factory=set)


def parse(text: str, parameters: Mapping[str, str], session: Session) -> Statement:
    """Read one statement. Raises `StatementFailed` when it is no SQL, or SQL that is not run here."""
    text = text.strip().rstrip(";").rstrip()
    if not text:
        raise StatementFailed("there is no statement")
    if _HOUSEKEEPING.match(text):
        return Statement(kind="nothing")
    if granting := find_granting(text):
        return Statement(kind="grant", granting=granting)
    if unload := find_unload(text):
        inner = parse(unload.select, parameters, session)
        if inner.kind != "select":
            raise StatementFailed("UNLOAD takes a SELECT")
        return Statement(kind="unload", sql=inner.sql, reads=inner.reads, unload=unload)
    if copy := find_copy(text):
        return Statement(kind="copy", changes=_full(copy.table, session), privilege="INSERT", copy=copy)
    return _of_tree(_normal(_filled(_tree(text), parameters)), session)


def _of_tree(tree: Any, session: Session) -> Statement:
    from sqlglot import exp

    if isinstance(tree, exp.Query):
        return Statement(kind="select", reads=tuple(_qualify(tree, session)), sql=_duckdb(tree))
    for kind, privilege in ((exp.Insert, "INSERT"), (exp.Update, "UPDATE"), (exp.Delete, "DELETE")):
        if isinstance(tree, kind):
            return _changing(tree, privilege, session)
    if isinstance(tree, exp.TruncateTable):
        (name,) = _qualify(tree, session)
        return Statement(kind="drop-rows", changes=name, sql=_duckdb(tree))
    if isinstance(tree, exp.Create):
        return _creating(tree, session)
    if isinstance(tree, exp.Drop):
        return _dropping(tree, session)
    if isinstance(tree, exp.Alter):
        return _altering(tree, session)
    raise not_emulated(f"the statement {_first_word(tree)}")


def _changing(tree: Any, privilege: str, session: Session) -> Statement:
    if tree.args.get("returning"):
        raise StatementFailed('syntax error at or near "returning"')
    target, *reads = _qualify(tree, session)
    return Statement(
        kind="change",
        changes=target,
        privilege=privilege,
        reads=tuple(r for r in reads if r != target),
        sql=_duckdb(tree),
    )


def _creating(tree: Any, session: Session) -> Statement:
    from sqlglot import exp

    from mlops_iac.cloud.warehouse.tables import plain_table

    if tree.kind == "SCHEMA":
        return Statement(kind="create", is_schema=True, changes=_only_name(tree), sql=_duckdb(tree))
    if tree.kind not in ("TABLE", "VIEW"):
        raise not_emulated(f"CREATE {tree.kind}")
    is_temporary = bool(_property(tree, exp.TemporaryProperty))
    if is_temporary:
        session.temporary.add(tree.find(exp.Table).name)
    target, *reads = _qualify(tree, session)
    plain_table(tree)
    return Statement(kind="create", changes=target, reads=tuple(reads), is_temporary=is_temporary, sql=_duckdb(tree))


def _dropping(tree: Any, session: Session) -> Statement:
    kind = tree.args.get("kind")
    if kind == "SCHEMA":
        return Statement(kind="drop", is_schema=True, changes=_only_name(tree), sql=_duckdb(tree))
    if kind not in ("TABLE", "VIEW"):
        raise not_emulated(f"DROP {kind}")
    (name,) = _qualify(tree, session)
    return Statement(kind="drop", changes=name, sql=_duckdb(tree))


def _altering(tree: Any, session: Session) -> Statement:
    """Columns that come, go or are called otherwise, and another name."""
    from sqlglot import exp

    known = (exp.ColumnDef, exp.Drop, exp.RenameColumn, exp.AlterRename)
    actions = tree.args["actions"]
    if tree.args.get("kind") != "TABLE" or not all(isinstance(each, known) for each in actions):
        raise not_emulated("this ALTER")
    renames = [each for each in actions if isinstance(each, exp.AlterRename)]
    new = renames[0].this.name if renames else ""
    name = _full(tree.this, session)
    _place(tree.this, name)
    return Statement(
        kind="alter", changes=name, renamed=f"{name.partition('.')[0]}.{new}" if new else "", sql=_duckdb(tree)
    )


# Names --------------------------------------------------------------------------------------------------------------


def _qualify(tree: Any, session: Session) -> Iterator[str]:
    """Give every table its schema; answers the tables' names, that of a statement's target first."""
    from sqlglot import exp

    scopes = {name.alias for name in tree.find_all(exp.CTE)}
    found: dict[str, None] = {}
    for table in list(tree.find_all(exp.Table, bfs=True)):
        if not isinstance(table.this, exp.Identifier):
            raise not_emulated(f"the function {table.this.key} in FROM")
        if not table.db and table.name in scopes:
            continue
        name = _full(table, session)
        _place(table, name)
        found[name] = None
    yield from found


def _place(table: Any, name: str) -> None:
    from sqlglot import exp

    schema, _, _ = name.rpartition(".")
    table.set("catalog", None)
    table.set("db", exp.to_identifier(schema, quoted=True) if schema else None)
    table.this.set("quoted", True)


def _full(table: Any, session: Session) -> str:
    """With its schema; a temporary table has none."""
    if table.db in _HIDDEN:
        raise StatementFailed(f'schema "{table.db}" does not exist')
    if not table.db and table.name in session.temporary:
        return str(table.name)
    return f"{table.db or PUBLIC}.{table.name}"


def _only_name(tree: Any) -> str:
    name = str(tree.this.db or tree.this.name)
    if name in _HIDDEN or name.startswith("pg_"):
        raise StatementFailed(f'unacceptable schema name "{name}"')
    return name


# Trees --------------------------------------------------------------------------------------------------------------


def _tree(text: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what it cannot parse; here that is refused
    try:
        found = [each for each in sqlglot.parse(text, read="redshift") if each is not None]
    except SqlglotError as error:
        reason = (getattr(error, "errors", None) or [{}])[0]
        near = f' at or near "{reason["highlight"]}"' if reason.get("highlight") else ""
        raise StatementFailed(f"syntax error{near}") from error
    if len(found) != 1:
        raise StatementFailed("cannot insert multiple commands into a prepared statement")
    if found[0].key == "command":
        raise not_emulated(f"the statement {text.split(maxsplit=1)[0].upper()}")
    return found[0]


def _normal(tree: Any) -> Any:
    """Redshift's names are in lower case, however they are written."""
    from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

    return normalize_identifiers(tree, dialect="redshift")


def _filled(tree: Any, parameters: Mapping[str, str]) -> Any:
    """With the values of its ``:names``, each a text that becomes what its place wants."""
    from sqlglot import exp

    for mark in list(tree.find_all(exp.Placeholder)):
        if mark.name not in parameters:
            raise StatementFailed(f"there is no parameter :{mark.name or '?'}")
        mark.replace(exp.Literal.string(parameters[mark.name]))
    return tree


def named(text: str) -> set[str]:
    """The parameters that a statement names; none where it is no SQL."""
    from sqlglot import exp

    try:
        return {str(mark.name) for mark in _tree(text.strip().rstrip(";")).find_all(exp.Placeholder)}
    except StatementFailed:
        return set()


def _duckdb(tree: Any) -> str:
    from sqlglot import ErrorLevel
    from sqlglot.errors import UnsupportedError

    try:
        return str(tree.sql("duckdb", unsupported_level=ErrorLevel.RAISE))
    except UnsupportedError as error:
        raise not_emulated(str(error).splitlines()[0].lower()) from error


def _property(tree: Any, kind: type) -> Any:
    found = tree.args.get("properties")
    return next((each for each in found.expressions if isinstance(each, kind)), None) if found else None


def _first_word(tree: Any) -> str:
    return str(tree.sql("redshift").split(maxsplit=1)[0].upper())
