"""Source is parsed whatever else happens in this process."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.core.syntax_trees import parse, parse_class

ROOT = Path(__file__).parents[2]
PRODUCT = sorted(path for folder in ("mlops_iac", "components", "blueprints") for path in (ROOT / folder).rglob("*.py"))

TRAVELLERS = {"mlops_iac/core/notebook_cells.py", "mlops_iac/runs/launcher/mlops_iac_run.py"}
"""They go into jobs, where nothing else of ours is."""


class Told:
    """Garbage that parses source when it is found, as a complaint about it does."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        ast.parse("left + over")


@pytest.fixture
def collected_often() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(20, 5, 5)
    yield
    gc.set_threshold(*before)


def test_garbage_that_is_found_in_the_middle_breaks_no_parse(collected_often: None) -> None:
    text = "\n".join(f"a{number} = [b, (c, {number})]" for number in range(200))
    for _ in range(20):
        garbage = [Told() for _ in range(50)]
        del garbage
        assert len(parse(text).body) == 200
        assert parse_class(Told).name == "Told"


def test_nothing_of_the_product_parses_by_itself() -> None:
    """Who runs in our process asks `syntax_trees`."""
    found = {path.relative_to(ROOT).as_posix() for path in PRODUCT if "ast.parse(" in path.read_text()}
    assert found == {"mlops_iac/core/syntax_trees.py"} | TRAVELLERS
