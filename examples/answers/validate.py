"""Is this a data set that a model can be tuned on? What is wrong is told by file and line, and ends the run."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from records import SUITE, TEST, TRAIN, Record

PROCESSING = Path("/opt/ml/processing")
CONTEXT = 128
"""The longest record, in bytes."""
MOST_BYTES = 2**30
LEAST = {TRAIN: 100, TEST: 10, SUITE: 10}
"""Records of each file."""
SECRETS = {
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token of GitHub": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a token of Hugging Face": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "a password in an address": re.compile(r"\b[a-z]+://[^\s/:@]+:[^\s/@]{6,}@"),
}
SHOWN = 20
"""Faults that are told; the rest is counted."""


def parse(file: Path) -> Iterator[tuple[int, Record | str]]:
    """Line number to the record, or to what is wrong with it."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                one = json.loads(line)
                prompt, completion = one["prompt"], one["completion"]
            except (ValueError, TypeError, KeyError):
                yield number, 'is no JSON object with "prompt" and "completion"'
                continue
            if not all(isinstance(text, str) and text.strip() for text in (prompt, completion)):
                yield number, "has a prompt or a completion that is empty or no text"
            elif "�" in line or "\0" in prompt + completion or "\1" in prompt + completion:
                yield number, "holds bytes that are no text"
            else:
                yield number, Record(prompt, completion)


def plain(record: Record) -> str:
    """Two records that differ by blanks and capitals only are the same."""
    return " ".join(f"{record.prompt} {record.completion}".lower().split())


def faults_of(record: Record) -> Iterator[str]:
    if record.length > CONTEXT:
        yield f"is {record.length} bytes long; the model reads {CONTEXT}"
    for what, form in SECRETS.items():
        if form.search(f"{record.prompt} {record.completion}"):
            yield f"holds {what}"


def check(folder: Path) -> Iterator[str]:
    """Every fault of the data set."""
    trained = dict[str, int]()
    for name, least in LEAST.items():
        file = folder / name
        if not file.is_file():
            there = ", ".join(sorted(one.name for one in folder.iterdir())) or "no files"
            yield f"{name} is missing; there are: {there}"
            continue
        if file.stat().st_size > MOST_BYTES:
            yield f"{name} has {file.stat().st_size:,} bytes, more than {MOST_BYTES:,}: cut it, or raise MOST_BYTES"
            continue
        seen = dict[str, int]()
        for number, record in parse(file):
            if isinstance(record, str):
                yield f"{name}:{number} {record}"
                continue
            yield from (f"{name}:{number} {fault}" for fault in faults_of(record))
            text = plain(record)
            if text in seen:
                yield f"{name}:{number} is line {seen[text]} again"
            if name != TRAIN and text in trained:
                yield f"{name}:{number} is trained on: {TRAIN}:{trained[text]} is the same"
            seen.setdefault(text, number)
        if len(seen) < least:
            yield f"{name} has {len(seen):,} records; {least:,} are the least that tell anything"
        trained = seen if name == TRAIN else trained
        print(f"validate: {name} has {len(seen):,} records")


def main() -> None:
    data, output = PROCESSING / "input/data", PROCESSING / "output/data"
    faults = list(check(data))
    for fault in faults[:SHOWN]:
        print(f"validate: {fault}", file=sys.stderr)
    if faults:
        sys.exit(f"validate: {len(faults):,} faults in the data set; the first: {faults[0]}")
    output.mkdir(parents=True, exist_ok=True)
    for name in LEAST:
        shutil.copy(data / name, output / name)


if __name__ == "__main__":
    main()
