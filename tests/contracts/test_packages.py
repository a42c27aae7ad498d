"""A package is one file and one line: nothing else in the engine knows which clouds there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.cloud.packages import PACKAGES, make_package

ROOT = Path(__file__).parents[2] / "mlops_iac"
NAMES = "|".join([*PACKAGES, "kubernetes"])
TOKEN = re.compile(rf"\b(?:{NAMES}):|^(?:{NAMES})$|arn:aws")

CLOUDS_WORDS = re.compile(r"(?i)(?:^|[^a-z])(aws|arn|region|account)s?(?:$|[^a-z])")
"""What one cloud calls its places and its names; to the engine they are settings that a package knows."""

KNOWS_AWS = {
    "__init__.py": "`--cloud aws` is the name of a backend",
    "pulumi.py": "it lands on AWS, with the person's profile",
    "pulumi_complaints.py": "what AWS's provider complains about, with what to set",
    "exported.py": "tells by ARNs whose account an export is of",
}
"""Files of `backends` that may name it, each with why."""


def says(path: Path) -> Iterator[str]:
    """Every text in the code, docstrings apart."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize("path", sorted((ROOT / "engine").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_engine_names_no_package(path: Path) -> None:
    assert [text for text in says(path) if TOKEN.search(text)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "engine").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_engine_has_no_words_of_one_cloud(path: Path) -> None:
    """Neither in its texts nor in its names: the port, `Scope`, has the two that handlers are called with."""
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = {getattr(node, field, None) for node in tree for field in ("id", "attr", "arg", "name")}
    found = {word for word in [*says(path), *filter(None, names)] if CLOUDS_WORDS.search(word.replace("_", " "))}
    assert found == ({"region", "account_id"} if path.name == "handler.py" else set())


@pytest.mark.parametrize("path", sorted((ROOT / "backends").rglob("*.py")), ids=lambda p: p.name)
def test_a_backend_names_a_package_only_with_a_reason(path: Path) -> None:
    named = [text for text in says(path) if TOKEN.search(text)]
    assert bool(named) == (path.name in KNOWS_AWS), named


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_its_name_its_place_and_what_it_refuses(name: str) -> None:
    package = make_package(name, None, account_id=None)
    assert package.name == name
    assert package.identity
    with pytest.raises(Exception, match="no such provider setting"):
        package.check_settings({"nobodyHasHeardOfThis": "x"})
