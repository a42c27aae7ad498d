"""The page of the engine's promises names tests that exist, and every promise has one or a reason."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT

PAGE = CHECKOUT / "docs/reference/engine-promises.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FILE = re.compile(r"`(tests/[\w/.]+)`")
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and "---" not in line]
PROMISES = [row for row in ROWS if not row.startswith("| promise |")]


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("row", PROMISES, ids=lambda row: row.split("|")[1].strip()[:60])
def test_every_test_that_a_promise_names_exists(row: str) -> None:
    named = TEST.findall(row)
    assert named, "a promise is held by a test, or by a test and a reason"
    for file, test in named:
        path = CHECKOUT / file
        assert path.exists(), f"{file} does not exist"
        assert test in names_in(path), f"{file} has no {test}"


def test_every_file_that_the_page_names_exists() -> None:
    assert [name for name in FILE.findall(PAGE.read_text(encoding="utf-8")) if not (CHECKOUT / name).exists()] == []


def test_a_row_has_three_cells_and_no_promise_stands_twice() -> None:
    assert all(row.count(" | ") == 2 for row in ROWS)
    assert len({row.split(" | ")[0] for row in PROMISES}) == len(PROMISES) > 30
