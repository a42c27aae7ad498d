"""Packages that somebody installed, made on the fly: a folder that the interpreter takes for one of its own."""

from __future__ import annotations

import site
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.core import facts

ACME = Path(__file__).parent / "acme"

Install = Callable[..., None]


def make_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """What installs a package of one module. It is gone after the test."""
    folder.mkdir(exist_ok=True)
    own = site.getsitepackages()
    monkeypatch.setattr(site, "getsitepackages", lambda: [*own, str(folder)])
    monkeypatch.syspath_prepend(folder)

    def install(entry_points: str, *, package: str = "acme-mlops", code: str, at: Path = folder) -> None:
        module = package.replace("-", "_")
        (at / f"{module}.py").write_text(code)
        monkeypatch.delitem(sys.modules, module, raising=False)
        record = at / f"{module}-1.2.dist-info"
        record.mkdir()
        (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        (record / "entry_points.txt").write_text(entry_points)
        facts._added.cache_clear()

    return install


def forget() -> None:
    """What was found in packages that are gone."""
    facts._added.cache_clear()
    for name in [name for name in sys.modules if name.startswith("acme_mlops")]:
        del sys.modules[name]
