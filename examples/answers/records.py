"""Prompts and their completions: how they are written, and how they become rows of bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

TRAIN, TEST, SUITE = "train.jsonl", "test.jsonl", "suite.jsonl"


class Record(NamedTuple):
    prompt: str
    completion: str

    @property
    def length(self) -> int:
        """In bytes, with the two that mark where the completion begins and ends."""
        return len(self.prompt.encode()) + len(self.completion.encode()) + 2


def read(file: Path) -> Iterator[Record]:
    for line in file.read_text("utf-8").splitlines():
        one = json.loads(line)
        yield Record(one["prompt"], one["completion"])


def write(file: Path, records: Iterable[Record]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(record._asdict(), ensure_ascii=False) for record in records)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
