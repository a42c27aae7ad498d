"""Whether data keeps the rules that it must: each rule with its value and its bound, and the run stopped by one that
is broken."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from mlops_iac_tables import (  # type: ignore[import-not-found, unused-ignore]
    PROCESSING,
    Unusable,
    check_columns,
    make_page,
    read_table,
    write_report,
)


class Found(NamedTuple):
    """One rule, held against the data."""

    rule: str
    """``age.at_least``."""
    value: Any
    bound: str
    kept: bool

    @property
    def said(self) -> str:
        return f"{self.rule}: {self.value}, must be {self.bound}"


def main(rows: dict[str, int], columns: list[dict[str, Any]], *, stops: bool) -> None:
    frame = read_table(PROCESSING / "input/data")
    check_columns(frame, [rules["column"] for rules in columns])
    found = [*row_rules(len(frame), rows), *(one for rules in columns for one in column_rules(frame, rules))]
    broken = [one for one in found if not one.kept]
    tell(len(frame), found, broken)
    for one in broken:
        print(f"broken: {one.said}")
    print(f"quality: {len(found) - len(broken)} of {len(found)} rules are kept, by {len(frame)} rows")
    if broken and stops:
        raise Unusable("; ".join(one.said for one in broken))


def tell(rows: int, found: list[Found], broken: list[Found]) -> None:
    shown = [[one.rule, one.value, one.bound, "kept" if one.kept else "broken"] for one in found]
    page = make_page(
        "Quality of the data",
        f"{rows} rows; {len(broken)} of {len(found)} rules are broken.",
        [("Rules", ("rule", "value", "must be", "and is"), shown)],
    )
    report = {"rows": rows, "rules": [one._asdict() for one in found]}
    metrics = {"rules": len(found), "failed": len(broken), "rows": rows}
    write_report(PROCESSING / "output/report", report, {"metrics": metrics}, page)


def row_rules(count: int, rows: dict[str, int]) -> Iterator[Found]:
    yield Found("rows.at_least", count, f"{rows['at_least']} or more", count >= rows["at_least"])
    if "at_most" in rows:
        yield Found("rows.at_most", count, f"{rows['at_most']} or less", count <= rows["at_most"])


def column_rules(frame: Any, rules: dict[str, Any]) -> Iterator[Found]:
    name = rules["column"]
    column, there = frame[name], frame[name].dropna()
    if "complete" in rules:
        share = float(column.notna().mean())
        yield Found(f"{name}.complete", round(share, 6), f"{rules['complete']:g} or more", share >= rules["complete"])
    if rules.get("unique"):
        twice = int(there.duplicated().sum())
        yield Found(f"{name}.unique", f"{twice} values again", "none", twice == 0)
    yield from bounds(name, there, rules)
    if "allowed" in rules:
        texts = {as_text(value) for value in rules["allowed"]}
        strange = there[~there.map(as_text).isin(texts)]
        said = f"{len(strange)} others, such as {strange.iloc[0]!r}" if len(strange) else "no others"
        yield Found(f"{name}.allowed", said, f"one of {', '.join(map(str, rules['allowed']))}", not len(strange))
    if "matches" in rules:
        strange = there[~there.astype(str).str.fullmatch(rules["matches"])]
        said = f"{len(strange)} others, such as {strange.iloc[0]!r}" if len(strange) else "no others"
        yield Found(f"{name}.matches", said, rules["matches"], not len(strange))
    if "newest_within_days" in rules:
        yield age(name, there, rules["newest_within_days"])


def bounds(name: str, there: Any, rules: dict[str, Any]) -> Iterator[Found]:
    """The least and the greatest number; a column of texts has none."""
    wanted = [one for one in ("at_least", "at_most") if one in rules]
    if not wanted:
        return
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

    numbers = pandas.to_numeric(there, errors="coerce")
    if numbers.isna().any():
        strange = there[numbers.isna()].iloc[0]
        raise Unusable(f"column {name} holds {strange!r}, which is no number, so it has no bounds")
    for one in wanted:
        bound = f"{rules[one]:g} {'or more' if one == 'at_least' else 'or less'}"
        if numbers.empty:
            yield Found(f"{name}.{one}", "no value", bound, True)
            continue
        value = float(numbers.min() if one == "at_least" else numbers.max())
        kept = value >= rules[one] if one == "at_least" else value <= rules[one]
        yield Found(f"{name}.{one}", value, bound, kept)


def age(name: str, there: Any, days: float) -> Found:
    """How old the newest time is; times without a zone are UTC, numbers are Unix seconds."""
    import pandas
    from pandas.api import types  # type: ignore[import-not-found, import-untyped, unused-ignore]

    unit = {"unit": "s"} if types.is_numeric_dtype(there) else {}
    try:
        times = pandas.to_datetime(there, utc=True, **unit)
    except (ValueError, TypeError) as error:
        raise Unusable(f"column {name} holds no times: {error}") from error
    if times.empty:
        return Found(f"{name}.newest_within_days", "no time", f"{days:g} days old or less", False)
    old = (pandas.Timestamp.now(tz="UTC") - times.max()).total_seconds() / 86400
    return Found(f"{name}.newest_within_days", f"{old:.2f} days", f"{days:g} days old or less", old <= days)


def as_text(value: Any) -> str:
    """``1``, ``1.0`` and ``"1"`` are one value, and so are ``true`` and ``"True"``: CSV says no types."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, float) and plain.is_integer():
        return str(int(plain))
    return plain.lower() if plain in ("True", "False") else str(plain)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="quality")
    parser.add_argument("--rows", default='{"at_least": 1}')
    parser.add_argument("--stops", default="yes", choices=("yes", "no"))
    asked, rest = parser.parse_known_args()
    told = dict(zip(rest[::2], rest[1::2]))  # noqa: B905
    rules = [json.loads(value) for name, value in told.items() if name.startswith("--column-")]
    try:
        main(json.loads(asked.rows), rules, stops=asked.stops == "yes")
    except Unusable as problem:
        sys.exit(f"{parser.prog}: {problem}")
