"""What the tasks of a map left: read, and written down item by item (`mlops_iac_map.py`).

Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlops_iac_items as lists  # type: ignore[import-not-found,unused-ignore]
from mlops_iac_tasks import FAILED, Task  # type: ignore[import-not-found,unused-ignore]

TELL_EVERY = 20.0
"""Seconds between two lines that say how far it is."""


class Item:
    """What is known of one item while its tasks run."""

    def __init__(self, keys: Any, left: int, lines: dict[int, str]) -> None:
        self.keys, self.left, self.lines = keys, left, lines
        self.failed = False


class Results:
    """Reads what tasks left, and writes it down: an item's lines when its last task has ended, if none failed."""

    def __init__(self, place: str, *, keep: bool, count: int) -> None:
        folder = lists.folder("output", "results")
        folder.mkdir(parents=True, exist_ok=True)
        self._parts, self._failures = folder / f"part-{place}.jsonl", folder / f"failed-{place}.jsonl"
        self._kept = lists.folder("output", lists.KEPT) / f"{os.urandom(8).hex()}.jsonl" if keep else None
        self.failed: dict[int, str] = {}
        """Number of an item to how its first task failed."""
        self.reasons: dict[str, int] = defaultdict(int)
        self.reused = 0
        self._count, self._done, self._told = count, 0, time.monotonic()
        self._items: dict[int, Item] = {}
        self._whole: list[str] = []

    def expect(self, number: int, item: str, keys: Any, left: int, known: dict[int, str]) -> None:
        """So many tasks of this item follow, and these results of others are known."""
        lines = {index: lists.result_line(item, index, result) for index, result in known.items()}
        self.reused += len(lines)
        if left:
            self._items[number] = Item(keys, left, lines)
        else:
            self._whole += lines.values()

    def settle(self, ended: Sequence[tuple[Task, int]]) -> None:
        """Write down what these left, and what was known."""
        whole, self._whole = self._whole, []
        kept: list[str] = []
        failures: list[str] = []
        for task, status in ended:
            item = self._items[task.number]
            result, failure = read_result(task, status)
            if failure is None:
                item.lines[task.turn] = lists.result_line(task.item, task.turn, result)
                if self._kept:
                    kept.append(lists.kept_line(item.keys.of(task.turn), result))
            else:
                item.failed = True
                failures.append(self._fail(task, *failure))
            item.left -= 1
            if not item.left:
                whole += () if item.failed else [item.lines[index] for index in sorted(item.lines)]
                del self._items[task.number]
        append(self._parts, whole)
        append(self._failures, failures)
        if self._kept:
            append(self._kept, kept)
        self._tell(len(ended))

    def _fail(self, task: Task, code: int, reason: str) -> str:
        if task.number not in self.failed:
            lists.say(f"item {task.number} failed: index {task.turn}: {reason}")
        self.failed.setdefault(task.number, reason)
        self.reasons[reason] += 1
        line = {"item": json.loads(task.item), "index": task.turn, "result": None}
        return json.dumps({**line, "exit": code, "reason": reason}) + "\n"

    def _tell(self, ended: int) -> None:
        self._done += ended
        if time.monotonic() - self._told > TELL_EVERY:
            self._told = time.monotonic()
            lists.say(f"{self._done + self.reused:,} of {self._count:,} tasks")


def read_result(task: Task, status: int) -> tuple[str, tuple[int, str] | None]:
    """A task's result as JSON on one line, and how it failed: exit code and reason."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "null", (128 + number, f"it was killed by signal {number}")
    try:
        if status:
            with open(task.result + FAILED, encoding="utf-8") as file:
                code, reason = json.load(file)
            return "null", (code, reason)
        with open(task.result, encoding="utf-8") as file:
            result = json.dumps(json.load(file))
        os.unlink(task.result)
    except FileNotFoundError:
        return "null", (os.WEXITSTATUS(status), "it ended without Python") if status else None
    except ValueError as error:
        return "null", (1, f"the result is no JSON: {error}")
    return result, None


def append(file: Path, lines: Sequence[str]) -> None:
    if lines:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.writelines(lines)
