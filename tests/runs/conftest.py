"""A small environment, a cache of its own, and a code folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from tests.support.small_environment import make_environment, make_lake, moto_clients


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_IAC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def environment() -> Environment:
    return make_environment()


@pytest.fixture
def clients(environment: Environment) -> Iterator[Clients]:
    with moto_clients() as made:
        make_lake(environment, made)
        yield made


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A team's folder with the four scripts and no requirements."""
    folder = tmp_path / "project" / "examples" / "screening"
    folder.mkdir(parents=True)
    for name in ("validate.py", "prepare.py", "train.py", "evaluate.py"):
        (folder / name).write_text(f"print('{name}')\n")
    return folder
