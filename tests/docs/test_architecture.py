"""ARCHITECTURE.md and CONTRIBUTING.md speak of what is there: files, folders, floors."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.contracts.test_floors import FLOORS
from tests.docs.pages import BLOCK, CHECKOUT

PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md")
PATH = re.compile(r"`((?:[\w<>*.-]+/)*[\w<>*-]+(?:\.(?:py|md|yaml|toml|json|sh)|/))`")

MADE_LATER = {
    "evaluation.json", "evaluation/evaluation.json",
    "curated/kept/data/<version>/", "models/data/<version>/",
    "models/<run>/", "code/<sha>/", "curated/<run>/", "features/<run>/train/", "features/<run>/test/",
    "code/current/<pipeline>.json",
    "raw/", "wheels/", "manifest.json", "inference.py", "cloud.json",
}  # fmt: skip
"""What runs and the tool make; no file of the project."""


def project_paths() -> set[str]:
    """Files and folders, folders ending in a slash; nothing that tools leave in a checkout."""
    found = set()
    for top in ("mlops_iac", "components", "blueprints", "docs", "examples", "scripts", "tests"):
        for path in [CHECKOUT / top, *(CHECKOUT / top).rglob("*")]:
            if "__pycache__" not in path.parts:
                found.add(path.relative_to(CHECKOUT).as_posix() + ("/" if path.is_dir() else ""))
    return found | {path.name for path in CHECKOUT.iterdir() if path.is_file()}


def is_there(mention: str, paths: set[str]) -> bool:
    """As it is written from the root, or below a package: `engine/handler.py`. `<name>` stands for any name."""
    pattern = re.sub(r"<[^>]+>", "*", mention)
    return any(fnmatch(path, pattern) or fnmatch(path, f"*/{pattern}") for path in paths)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_folder_that_is_mentioned_exists(page: str):
    paths = project_paths()
    mentioned = set(PATH.findall((CHECKOUT / page).read_text(encoding="utf-8"))) - MADE_LATER
    assert len(mentioned) > 5
    assert sorted(mention for mention in mentioned if not is_there(mention, paths)) == []


def test_the_check_sees_what_is_missing():
    paths = project_paths()
    assert is_there("engine/handler.py", paths)
    assert is_there("mlops_iac/cloud/handlers/<service>/<type>.py", paths)
    assert not is_there("core/clock.py", paths)
    assert PATH.findall("`core/clock.py` and `engine/`, not `a word` or `--flag`") == ["core/clock.py", "engine/"]


def test_every_floor_of_the_table_is_in_the_picture():
    text = (CHECKOUT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    picture = next(match["text"] for match in BLOCK.finditer(text) if "ground" in match["text"])
    words = set(re.findall(r"[\w.]+", picture))
    assert {floor.removeprefix("mlops_iac.") for floor in FLOORS} - words == set()


def test_every_package_is_on_a_floor():
    packages = {path.parent.name for path in (CHECKOUT / "mlops_iac").glob("*/__init__.py")}
    assert packages - {floor.removeprefix("mlops_iac.") for floor in FLOORS} == set()


def test_every_make_target_that_is_mentioned_exists():
    targets = set(re.findall(r"^(\w+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in (*PAGES, "README.md", "docs/guides/first-environment.md"):
        text = Path(CHECKOUT / page).read_text(encoding="utf-8")
        mentioned = set(re.findall(r"(?:^|`|\$ )make (\w+)", text, re.MULTILINE))
        assert mentioned <= targets, page
