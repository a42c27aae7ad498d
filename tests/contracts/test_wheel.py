"""What `pip install` puts on a machine, and that it is enough."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PLACES = {
    "components/": "mlops_iac/components/",
    "blueprints/": "mlops_iac/blueprints/",
    "examples/": "mlops_iac/scaffold/examples/",
    "mlops_iac/": "mlops_iac/",
}
"""Folder of the source tree → where it is in the wheel."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as `pip install .` would build it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A virtual environment that holds the wheel; its dependencies are those of the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, symlinks=True)
    site = folder / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--no-warn-script-location", "--target", str(site), str(wheel)], check=True)
    (site / "_dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin/python"


def test_the_wheel_takes_one_name_in_site_packages(wheel):
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"mlops_iac"}


def test_the_wheel_holds_every_file_that_is_tracked(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", *PLACES], cwd=CHECKOUT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    files = [name for name in tracked if name and not (CHECKOUT / name).is_symlink()]
    wanted = {PLACES[f"{name.split('/')[0]}/"] + name.split("/", 1)[1] for name in files}
    assert wanted - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_an_installed_wheel_makes_a_project_in_an_empty_folder_and_previews_it(installed, tmp_path):
    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(installed), "-m", "mlops_iac.cli.main", *words], cwd=tmp_path, capture_output=True, text=True
        )

    lost = command("preview", "screening-dev")
    assert "`mlops-iac init` makes one here" in lost.stderr
    assert command("init", "--example", "screening").returncode == 0
    preview = command("preview", "screening-dev")
    assert preview.returncode == 0, preview.stderr
    assert " to create" in preview.stdout
    where = [str(installed), "-c", "import mlops_iac; print(mlops_iac.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert Path(found).is_relative_to(installed.parents[1]), "the checkout was imported, not the wheel"
