"""Ordinary Pulumi projects, written as people write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

WriteProject = Callable[..., Path]


@pytest.fixture
def write_project(tmp_path: Path) -> WriteProject:
    """``write_project({"infra.py": …}, main="…")`` is a project `lab` with a stack `dev`."""

    def write(files: dict[str, str] | None = None, *, main: str = "", pulumi: str = "", stack: str = "") -> Path:
        root = tmp_path / "lab"
        (root).mkdir(exist_ok=True)
        (root / "Pulumi.yaml").write_text(pulumi or "name: lab\nruntime: python\n")
        (root / "Pulumi.dev.yaml").write_text(stack or "config:\n  aws:region: eu-west-1\n")
        (root / "__main__.py").write_text(main)
        for name, text in (files or {}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    return write
