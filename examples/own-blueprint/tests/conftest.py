"""A project with one environment of Acme's blueprint, made as a team makes it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

TEAM = ("--team", "tables", "--env", "dev", "--blueprint", "acme-letters", "--region", "eu-west-1")


@pytest.fixture(scope="session")
def mlops_iac_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("acme") / "project"
    subprocess.run(["mlops-iac", "init", str(root)], check=True)
    subprocess.run(["mlops-iac", "new", *TEAM, "--code", "teams/tables", "--scaffold"], cwd=root, check=True)
    return root
