"""The items of a map: reads and checks the list, and knows by content what earlier runs have kept of its tasks.

A task's key is the hash of its script, arguments, variables and inputs, its item and its index; the code is part of the
place where results are kept. What is kept is lines of JSON, many to a file: ``{"key": …, "result": …}``.

Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

KEPT, PLAN = "kept", "plan"
OURS = frozenset({"code", "items", "order", KEPT})
"""Inputs that are the map's own, and no part of what a task reads."""
SUMMARY, NUMBERS, ORDER = "summary.json", "items.json", "order.json"
LINES = (".jsonl", ".manifest")
"""Lines of JSON; SageMaker's augmented manifests are such."""
CHUNK = 1024 * 1024
BEGIN, BETWEEN = '{"key": "', '", "result": '
"""How a line of what is kept begins, and what is between key and result: twenty thousand are read in no time so."""


def real(path: str) -> Path:
    """A path of SageMaker's contract on this machine."""
    base = os.environ.get("MLOPS_IAC_OPT_ML", "/opt/ml")
    return Path(base + path[len("/opt/ml") :] if path.startswith("/opt/ml/") else path)


def folder(kind: str, name: str) -> Path:
    return real(f"/opt/ml/processing/{kind}/{name}")


def say(words: str) -> None:
    """One write, which the lines of tasks do not come into."""
    sys.stdout.write(f"mlops-iac: {words}\n")
    sys.stdout.flush()


def refuse(words: str) -> NoReturn:
    sys.exit(f"mlops-iac: {words}")


# The list -----------------------------------------------------------------------------------------------------------


def read(file: Path) -> list[Any]:
    """Rows of a CSV file with a header, a JSON list, or lines of JSON. Ends the program, and says where, for others."""
    if not file.is_file():
        refuse(f"there is no `{file.name}` in the input of items")
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(f"`{file.name}` is no text in UTF-8: {error.reason} at byte {error.start}")
    if file.suffix == ".csv":
        return read_rows(file.name, text)
    if file.suffix in LINES:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        return [parse(line, f"line {number} of `{file.name}`") for number, line in lines]
    found = parse(text, f"`{file.name}`")
    if not isinstance(found, list):
        refuse(f"`{file.name}` holds no list")
    return found


def read_rows(name: str, text: str) -> list[Any]:
    import csv

    rows = csv.reader(text.splitlines())
    header = next(rows, [])
    twice = [column for column in header if header.count(column) > 1]
    if twice:
        refuse(f"the header of `{name}` names `{twice[0]}` twice")
    found = []
    for row in rows:
        if not row:
            continue
        if len(row) != len(header):
            refuse(f"line {rows.line_num} of `{name}` has {len(row)} values, its header {len(header)}")
        found.append(dict(zip(header, row)))  # noqa: B905 - strict= came with Python 3.10
    return found


def parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        refuse(f"{where} is no JSON: {error}")


def check(items: Any, where: str = "the list") -> list[Any]:
    """The list, of text, numbers or objects, of which there is one at least."""
    if not isinstance(items, list) or not items:
        refuse(f"there is no item in {where}; a map needs one at least")
    for number, item in enumerate(items):
        if item is None or isinstance(item, (list, bool)) or item == {}:
            refuse(f"item {number} is {json.dumps(item)}; an item is text, a number, or an object of named values")
    return items


# What is kept -------------------------------------------------------------------------------------------------------


def base(script: str, arguments: Sequence[str], variables: str) -> str:
    """What the keys of all tasks of a map have in common; ``variables`` is a hash of those that the step sets."""
    digest = hashlib.sha256(json.dumps([script, [*arguments], variables]).encode())
    inputs = real("/opt/ml/processing/input")
    for each in sorted(inputs.iterdir()) if inputs.is_dir() else ():
        if each.name not in OURS:
            for file in sorted(path for path in each.rglob("*") if path.is_file()):
                digest.update(f"\0{file.relative_to(inputs).as_posix()}\0".encode() + hash_of(file))
    return digest.hexdigest()


def hash_of(file: Path) -> bytes:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
    return digest.digest()


class Keys:
    """Keys of an item's tasks."""

    def __init__(self, base: str, item: Any) -> None:
        self._start = hashlib.sha256(f"{base}\0{json.dumps(item, sort_keys=True)}\0".encode())

    def of(self, index: int) -> str:
        digest = self._start.copy()
        digest.update(str(index).encode())
        return digest.hexdigest()[:32]


def read_kept() -> dict[str, str]:
    """Key to result, as JSON. A line that was cut off is none."""
    found: dict[str, str] = {}
    place = folder("input", KEPT)
    for file in sorted(place.rglob("*.jsonl")) if place.is_dir() else ():
        for line in file.read_text("utf-8").splitlines():
            key, _, result = line[len(BEGIN) :].partition(BETWEEN)
            if result.endswith("}"):
                found[key] = result[:-1]
    return found


def find(kept: dict[str, str], keys: Keys, indices: Sequence[int]) -> dict[int, str]:
    """The results that are kept of an item, by index."""
    named = ((index, keys.of(index)) for index in indices)
    return {index: kept[key] for index, key in named if key in kept}


def kept_line(key: str, result: str) -> str:
    return f"{BEGIN}{key}{BETWEEN}{result}}}\n"


def result_line(item: str, index: int, result: str) -> str:
    return f'{{"item": {item}, "index": {index}, "result": {result}}}\n'


# The plan -----------------------------------------------------------------------------------------------------------


def plan(items: list[tuple[int, Any]], inner: int, allowed: str, base: str, kept: dict[str, str]) -> None:
    """Write the results of items that are known, and an order for each of the others: what is known of it, too."""
    place, results = folder("output", PLAN), folder("output", "results")
    left, reused, whole = [], 0, []
    for number, item in items:
        keys = Keys(base, item)
        known = find(kept, keys, range(inner))
        reused += len(known)
        if len(known) == inner:
            text = json.dumps(item)
            whole += [result_line(text, index, result) for index, result in known.items()]
            continue
        left.append(number)
        order = {"number": number, "item": item, "kept": {keys.of(index): result for index, result in known.items()}}
        write(place / str(number) / ORDER, json.dumps(order))
    if whole:
        write(results / "part-kept.jsonl", "".join(whole))
    tasks, may_fail = len(items) * inner, int(tolerated(allowed, len(items)))
    summary = {"items": len(items), "left": len(left), "tasks": tasks, "reused": reused, "tolerated": may_fail}
    write(place / NUMBERS, json.dumps(left))
    write(place / SUMMARY, json.dumps(summary))
    say(f"{told(reused, tasks)}; {len(left):,} of {len(items):,} items are left to do")


def tolerated(allowed: str, count: int) -> float:
    """How many of so many items may fail: ``3``, or ``5%`` of them."""
    return count * float(allowed[:-1]) / 100 if allowed.endswith("%") else float(allowed)


def read_order() -> tuple[int, Any, dict[str, str]]:
    """One item with its number, and the results that are kept of it."""
    order = json.loads((folder("input", "order") / ORDER).read_text("utf-8"))
    return order["number"], order["item"], order["kept"]


def told(reused: int, tasks: int) -> str:
    return f"{reused:,} of {tasks:,} tasks reused"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
