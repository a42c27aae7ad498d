"""Packages that somebody installed, made on the fly: a folder that the interpreter takes for one of its own."""

from __future__ import annotations

import shutil
import site
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.core import facts

ACME = Path(__file__).parents[2] / "examples/own-blueprint"

Install = Callable[..., None]


def make_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """What installs a package of one module. It is gone after the test."""
    folder.mkdir(exist_ok=True)
    own = site.getsitepackages()
    monkeypatch.setattr(site, "getsitepackages", lambda: [*own, str(folder)])
    monkeypatch.syspath_prepend(folder)

    def install(
        entry_points: str, *, package: str = "acme-mlops", code: str, at: Path = folder, needs: str = "mlops-iac"
    ) -> None:
        module = package.replace("-", "_")
        (at / f"{module}.py").write_text(code)
        monkeypatch.delitem(sys.modules, module, raising=False)
        _record(at, package, "1.2", entry_points, [needs])

    return install


def install_acme(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acme's package of ``examples/own-blueprint``, as an installer would lay it there."""
    make_install(folder, monkeypatch)
    project = tomllib.loads((ACME / "pyproject.toml").read_text())["project"]
    shutil.copytree(ACME / "acme_mlops", folder / "acme_mlops")
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {address}\n" for name, address in points.items())
        for group, points in project["entry-points"].items()
    )
    _record(folder, project["name"], project["version"], "".join(groups), project["dependencies"])


def _record(folder: Path, package: str, version: str, entry_points: str, needs: list[str]) -> None:
    record = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    record.mkdir()
    required = "".join(f"Requires-Dist: {one}\n" for one in needs)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n{required}")
    (record / "entry_points.txt").write_text(entry_points)
    facts._added.cache_clear()


def forget() -> None:
    """What was found in packages that are gone."""
    facts._added.cache_clear()
    for name in [name for name in sys.modules if name.startswith("acme_mlops")]:
        del sys.modules[name]
