"""What a query says: its kind, its tables, and the same in DuckDB's words."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mlops_iac.cloud.athena.failure import QueryFailed, not_emulated

CATALOGUE: Final = "awsdatacatalog"
"""The one catalogue there is: Glue's."""

_UNLOAD: Final = re.compile(
    r"^\s*UNLOAD\s*\((?P<query>.+)\)\s*TO\s*'(?P<location>[^']+)'\s*(WITH\s*\((?P<with>.+)\))?\s*$", re.I | re.S
)
_COMMANDS: Final = (
    ("repair", re.compile(r"^\s*MSCK\s+REPAIR\s+TABLE\s+(?P<table>\S+)\s*$", re.I)),
    ("partitions", re.compile(r"^\s*SHOW\s+PARTITIONS\s+(?P<table>\S+)\s*$", re.I)),
    ("tables", re.compile(r"^\s*SHOW\s+TABLES(\s+IN\s+(?P<database>\S+))?\s*$", re.I)),
    ("databases", re.compile(r"^\s*SHOW\s+(DATABASES|SCHEMAS)\s*$", re.I)),
    ("columns", re.compile(r"^\s*SHOW\s+COLUMNS\s+(IN|FROM)\s+(?P<table>\S+)\s*$", re.I)),
)


@dataclass(frozen=True)
class At:
    """``FOR VERSION AS OF 123``, ``FOR TIMESTAMP AS OF current_timestamp``: a time to travel to."""

    kind: str
    """VERSION or TIMESTAMP."""
    value: str
    """A snapshot's id, or the name of a tag or a branch in quotes; or an expression in DuckDB's dialect."""


@dataclass(frozen=True)
class TableName:
    database: str
    name: str
    at: At | None = None
    """Left out: as it is now."""

    @property
    def view(self) -> str:
        """What it is called in the query: the same table can be read as of several times."""
        return self.name if self.at is None else f"{self.name} {self.at.kind} {self.at.value}"

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class Statement:
    kind: str
    """``select``, ``unload``, or a command on the catalogue: ``create-table``, ``drop-table``, ``repair`` …"""
    sql: str = ""
    """The query in DuckDB's dialect, its tables named ``"database"."table"``."""
    reads: tuple[TableName, ...] = ()
    table: TableName | None = None
    """What a command is about, or what rows are inserted into."""
    columns: tuple[str, ...] = ()
    """That an INSERT names; all of the table where it names none."""
    tree: Any = None
    """The statement as sqlglot parsed it, for commands."""
    location: str = ""
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """Athena's ``StatementType``."""
        return "DML" if self.kind in ("insert", "select", "unload") else "DDL"


def parse(text: str, database: str, parameters: Sequence[str] = ()) -> Statement:
    """Read one statement; `QueryFailed` when it is no SQL, or SQL that is not run here.

    ``database`` is the one that unqualified tables are in; ``parameters`` are SQL literals for the question marks.
    """
    text = text.strip().removesuffix(";")
    for kind, pattern in _COMMANDS:
        if found := pattern.match(text):
            return _command(kind, found.groupdict(), database)
    if found := _UNLOAD.match(text):
        inner = _query(_parse(found["query"]), database, parameters)
        return Statement(
            kind="unload", sql=inner.sql, reads=inner.reads, location=found["location"], properties=_with(found["with"])
        )
    return _of_tree(_parse(text), database, parameters)


def _of_tree(tree: Any, database: str, parameters: Sequence[str]) -> Statement:
    from sqlglot import exp

    if isinstance(tree, exp.Query):
        return _query(tree, database, parameters)
    if isinstance(tree, exp.Insert):
        return _insert(tree, database, parameters)
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.expression is None:
        return Statement(kind="create-table", table=_name(tree.find(exp.Table), database), tree=tree)
    if isinstance(tree, exp.Create) and tree.kind in ("DATABASE", "SCHEMA"):
        return Statement(kind="create-database", table=TableName(_only_name(tree), ""), tree=tree)
    if isinstance(tree, exp.Drop) and tree.args.get("kind") == "TABLE":
        return Statement(kind="drop-table", table=_name(tree.find(exp.Table), database), tree=tree)
    if isinstance(tree, exp.Drop) and tree.args.get("kind") in ("DATABASE", "SCHEMA"):
        return Statement(kind="drop-database", table=TableName(_only_name(tree), ""), tree=tree)
    if isinstance(tree, exp.Describe) and isinstance(tree.this, exp.Table):
        return Statement(kind="columns", table=_name(tree.this, database))
    if isinstance(tree, exp.Alter) and all(isinstance(each, exp.AddPartition) for each in tree.args["actions"]):
        return Statement(kind="add-partition", table=_name(tree.this, database), tree=tree)
    if isinstance(tree, exp.Alter) and all(isinstance(each, exp.Schema) for each in tree.args["actions"]):
        return Statement(kind="add-columns", table=_name(tree.this, database), tree=tree)
    raise not_emulated(f"the statement {tree.key.upper()}")


def _insert(tree: Any, database: str, parameters: Sequence[str]) -> Statement:
    """``INSERT INTO table [(columns)] query``, where the query may be VALUES."""
    from sqlglot import exp

    given = {name for name, value in tree.args.items() if value} - {"this", "expression"}
    source = tree.expression
    if given or not isinstance(source, exp.Query | exp.Values):
        raise not_emulated("INSERT in this form; INSERT INTO table [(columns)] SELECT … or VALUES … is")
    if isinstance(source, exp.Values):
        source = exp.select("*").from_(exp.alias_(exp.Subquery(this=source.copy()), "given", table=True))
        tree = tree.copy()
        tree.set("expression", source)
    read = _query(source, database, parameters)
    columns = tuple(one.name.lower() for one in tree.this.expressions) if isinstance(tree.this, exp.Schema) else ()
    table = _name(tree.find(exp.Table), database)
    return Statement(kind="insert", sql=read.sql, reads=read.reads, table=table, columns=columns)


def _query(tree: Any, database: str, parameters: Sequence[str]) -> Statement:
    from sqlglot import exp
    from sqlglot.errors import UnsupportedError
    from sqlglot.optimizer.scope import traverse_scope

    if not isinstance(tree, exp.Query):
        raise not_emulated(f"the statement {tree.key.upper()} here")
    tree = _filled(tree, parameters)
    reads = []
    for scope in traverse_scope(tree):
        for table in scope.tables:
            if table.name and table.name not in scope.cte_sources:
                name = replace(_name(table, database), at=_at(table))
                reads.append(name)
                table.set("catalog", None)
                table.set("version", None)
                table.set("db", exp.to_identifier(name.database, quoted=True))
                table.set("this", exp.to_identifier(name.view, quoted=True))
                if not table.alias:
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(name.name, quoted=True)))
    _name_columns(tree)
    try:
        sql = tree.sql("duckdb", unsupported_level=_raise())
    except UnsupportedError as error:
        raise not_emulated(f"this SQL ({error})") from error
    return Statement(kind="select", sql=sql, reads=tuple(dict.fromkeys(reads)))


def _at(table: Any) -> At | None:
    from sqlglot import exp

    version = table.args.get("version")
    if version is None:
        return None
    kind, value = version.name.upper(), version.expression
    if version.args.get("kind") != "AS OF" or kind not in ("TIMESTAMP", "VERSION"):
        raise not_emulated("this form of time travel; FOR VERSION AS OF and FOR TIMESTAMP AS OF are")
    if kind == "VERSION" and not isinstance(value, exp.Literal):
        raise not_emulated("FOR VERSION AS OF with anything but the id of a snapshot or the name of a tag or a branch")
    return At(kind, value.sql("duckdb"))


def _name_columns(tree: Any) -> None:
    """A column that is no plain column and has no alias is ``_col<position>``, as in Athena's results."""
    from sqlglot import exp

    for position, column in enumerate(tree.selects):
        if not isinstance(column, exp.Alias | exp.Column | exp.Star):
            column.replace(exp.alias_(column.copy(), f"_col{position}"))


def _filled(tree: Any, parameters: Sequence[str]) -> Any:
    """The tree with its question marks replaced, in their order, by the values that were sent."""
    from sqlglot import exp

    marks = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(marks) != len(parameters):
        raise QueryFailed(
            "INVALID_PARAMETER_USAGE", f"the query has {len(marks)} parameters, {len(parameters)} were given"
        )
    for mark, value in zip(marks, parameters, strict=True):
        mark.replace(_parse(f"SELECT {value}").expressions[0])
    return tree


@functools.cache
def _raise() -> Any:
    from sqlglot import ErrorLevel

    return ErrorLevel.RAISE


def _parse(text: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what it cannot parse; here that is refused
    try:
        found = [each for each in sqlglot.parse(text, read="athena") if each is not None]
    except SqlglotError as error:
        reason = (getattr(error, "errors", None) or [{}])[0]
        where = f"line {reason['line']}:{reason['col']}: " if reason else ""
        raise QueryFailed("SYNTAX_ERROR", f"{where}{reason.get('description', str(error))}") from error
    if len(found) != 1:
        raise QueryFailed("SYNTAX_ERROR", f"only one statement can be run at a time; there are {len(found)}")
    if found[0].key == "command":
        raise not_emulated(f"the statement {text.split(maxsplit=1)[0].upper()}")
    return found[0]


def _command(kind: str, named: dict[str, str | None], database: str) -> Statement:
    if kind in ("tables", "databases"):
        return Statement(kind=kind, table=TableName(_plain(named.get("database") or database), ""))
    parts = [_plain(part) for part in (named["table"] or "").split(".")]
    return Statement(kind=kind, table=TableName(parts[-2] if len(parts) > 1 else database, parts[-1]))


def _plain(name: str) -> str:
    return name.strip('`"').lower()


def _name(table: Any, database: str) -> TableName:
    if table.catalog and table.catalog.lower() != CATALOGUE:
        raise not_emulated(f"the catalogue `{table.catalog}`: only {CATALOGUE} is there")
    if not (table.db or database):
        raise QueryFailed("SYNTAX_ERROR", f"table `{table.name}` needs a database: none was given with the query")
    return TableName((table.db or database).lower(), table.name.lower())


def _only_name(tree: Any) -> str:
    return str(tree.this.db or tree.this.name).lower()


def _with(text: str | None) -> dict[str, str]:
    return {name.lower(): value for name, value in re.findall(r"(\w+)\s*=\s*'([^']*)'", text or "")}
