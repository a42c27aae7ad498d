"""No ARN is written for one partition: the same code runs in China and GovCloud, whose ARNs begin otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.blueprints import BLUEPRINTS, get_blueprint
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings

ROOT = Path(__file__).parents[2]
MOCK = ROOT / "mlops_iac/testing/contracts"
"""The world in which others try their parts: one account, in one region."""
PRODUCT = sorted(
    path
    for top in ("mlops_iac", "components", "blueprints")
    for path in (ROOT / top).rglob("*.py")
    if not path.is_relative_to(MOCK)
)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of a module that is no docstring, and no example for a person."""
    tree = ast.parse(path.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    shown = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "examples"]
    said |= {id(node) for example in shown for node in ast.walk(example)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def test_no_text_of_the_product_names_the_partition_of_an_arn() -> None:
    found = [f"{p.relative_to(ROOT)}:{line}" for p in PRODUCT for line, text in texts(p) if "arn:aws:" in text]
    assert found == []


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_a_document_for_china_names_chinas_partition_only(blueprint: str, target: str) -> None:
    made = get_blueprint(blueprint)
    bindings = Bindings.placeholder("screening-dev", "cn-north-1", partition="aws-cn")
    for pipeline in made.pipelines(made.Options()):
        document = str(get_target(target).compile(pipeline, bindings))
        assert "arn:aws:" not in document
        assert "arn:aws-cn:" in document
