"""Acme's package is installed as a person installs one, and its own tests pass there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.support.installed import ACME

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment's Python that has Acme's package; all else comes from where these tests run."""
    folder = tmp_path_factory.mktemp("acme") / "venv"
    venv.create(folder, with_pip=True)
    site = next(folder.glob("lib/*/site-packages"))
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if not (site / package.name).exists():
            (site / package.name).symlink_to(package)
    command = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", str(ACME)]
    subprocess.run([folder / "bin/python", *command], check=True)
    program = folder / "bin/mlops-iac"
    program.write_text(f"#!{folder / 'bin/python'}\nfrom mlops_iac.cli.main import main\nmain()\n")
    program.chmod(0o755)
    return folder / "bin/python"


def test_its_own_tests_pass(python: Path, tmp_path: Path) -> None:
    package = tmp_path / "own-blueprint"
    shutil.copytree(ACME, package, ignore=shutil.ignore_patterns("acme_mlops", "__pycache__"))
    told = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", at=package)
    assert told.returncode == 0, told.stdout[-4000:]
    assert "skipped" not in told.stdout


def test_the_package_is_told_as_the_source(python: Path, tmp_path: Path) -> None:
    listed = run(python, "-m", "mlops_iac", "plugins", at=tmp_path).stdout
    assert [line.split()[-3:] for line in listed.splitlines()] == [
        ["acme-letters", "acme-mlops", "1.0"],
        ["Letterbox", "acme-mlops", "1.0"],
        ["letter", "acme-mlops", "1.0"],
        ["acme-letters-kept", "acme-mlops", "1.0"],
    ]
    assert "(from acme-mlops 1.0)" in run(python, "-m", "mlops_iac", "blueprint", "list", at=tmp_path).stdout


def run(python: Path, *arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    own = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    return subprocess.run(
        [python, *arguments],
        cwd=at,
        text=True,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        env={**os.environ, "PATH": own},
    )
