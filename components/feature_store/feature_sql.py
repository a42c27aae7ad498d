"""The SQL that a feature function asks Athena. Pure; it lies beside the function's code on AWS Lambda.

A group is a mapping with: table, identifier, time, types (feature to type), online. Names of groups, tables and
features are small letters, digits and underscores, and are quoted all the same.
"""

# ruff: noqa: S608 - every name is quoted

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Group = Mapping[str, Any]

NUMBERS = ("bigint", "double", "float", "int", "smallint", "tinyint")
TIMES = ("date", "timestamp")
NEWEST = "newest_first"
"""Of rows with one event time the first that was put counts: so it is in the online store."""
ROW = "label_row"


class WrongTable(Exception):
    """The table of labels has not what is wanted of it."""


def join(labels: str, time: str, columns: Mapping[str, str], groups: Mapping[str, Group]) -> str:
    """To each row of ``labels`` the features as they were at its ``time``. ``columns`` are the table's: name to Hive
    type. Raises `WrongTable`."""
    _check(labels, time, columns, groups)
    names = output_names(columns, groups)
    known = list(columns)
    parts = [f"j0 AS (SELECT row_number() OVER () AS {ROW}, {_list(known)} FROM {_quoted(labels)})"]
    for number, (name, group) in enumerate(groups.items(), 1):
        features = [(feature, names[name, feature]) for feature in _features(group)]
        parts.append(f"j{number} AS ({_one_group(number, known, features, time, columns[time], group)})")
        known += [shown for _, shown in features]
    return f"WITH {', '.join(parts)} SELECT {_list(known)} FROM j{len(groups)} ORDER BY {ROW}"


def _one_group(
    number: int, known: Sequence[str], features: Sequence[tuple[str, str]], time: str, kind: str, group: Group
) -> str:
    before = ", ".join(f"a.{_quoted(column)}" for column in (ROW, *known))
    values = "".join(
        f", CASE WHEN f.is_deleted THEN NULL ELSE f.{_quoted(feature)} END AS {_quoted(shown)}"
        for feature, shown in features
    )
    then, wanted = event_time("f", group), _moment(f"a.{_quoted(time)}", kind)
    key = _quoted(group["identifier"])
    kept = _list([ROW, *known, *(shown for _, shown in features)])
    return (
        f"SELECT {kept} FROM (SELECT {before}{values}, row_number() OVER (PARTITION BY a.{ROW} "
        f"ORDER BY {then} DESC, f.api_invocation_time, f.write_time) AS {NEWEST} "
        f"FROM j{number - 1} a LEFT JOIN {_quoted(group['table'])} f "
        f"ON CAST(f.{key} AS varchar) = CAST(a.{key} AS varchar) AND {then} <= {wanted}) WHERE {NEWEST} = 1"
    )


def newest(group: Group, sample: int) -> str:
    """The newest row of each record, those that changed last first."""
    columns = _list([*group["types"], "is_deleted"])
    then, key = event_time("f", group), _quoted(group["identifier"])
    return (
        f"SELECT {columns} FROM (SELECT f.*, {then} AS happened, row_number() OVER (PARTITION BY f.{key} "
        f"ORDER BY {then} DESC, f.api_invocation_time, f.write_time) AS {NEWEST} "
        f"FROM {_quoted(group['table'])} f) WHERE {NEWEST} = 1 ORDER BY happened DESC LIMIT {int(sample)}"
    )


def output_names(columns: Mapping[str, str], groups: Mapping[str, Group]) -> dict[tuple[str, str], str]:
    """(group, feature) to its column in a training set: the group's name goes before what would be there twice."""
    all_names = [*columns, *(feature for group in groups.values() for feature in _features(group))]
    return {
        (name, feature): feature if all_names.count(feature) == 1 else f"{name.replace('-', '_')}_{feature}"
        for name, group in groups.items()
        for feature in _features(group)
    }


def event_time(alias: str, group: Group) -> str:
    """The event time as a timestamp with a zone."""
    kind = "string" if group["types"][group["time"]] == "String" else "double"
    return _moment(f"{alias}.{_quoted(group['time'])}", kind)


def _moment(column: str, kind: str) -> str:
    if kind in NUMBERS:
        return f"from_unixtime({column})"
    if kind in TIMES:
        return f"CAST({column} AS timestamp with time zone)"
    return f"from_iso8601_timestamp({column})"


def _features(group: Group) -> list[str]:
    """Those that say something of a record: not its key, nor its time."""
    return [name for name in group["types"] if name not in (group["identifier"], group["time"])]


def _check(labels: str, time: str, columns: Mapping[str, str], groups: Mapping[str, Group]) -> None:
    shown = ", ".join(columns) or "none"
    if time not in columns:
        raise WrongTable(
            f"Table {labels} has no column {time}, which says when each label was asked for; it has: {shown}."
        )
    if columns[time] not in (*NUMBERS, *TIMES, "string"):
        raise WrongTable(f"Column {time} of table {labels} is of type {columns[time]}, which is no time.")
    for name, group in groups.items():
        if group["identifier"] not in columns:
            raise WrongTable(
                f"Table {labels} has no column {group['identifier']}, the record identifier of group {name}; it has: "
                f"{shown}."
            )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))
