"""Which Python runs a framework's jobs: ours, another of this machine's, or one that uv brings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_iac.core import interpreters
from mlops_iac.core.frameworks import Framework
from mlops_iac.core.interpreters import (
    Interpreter,
    NoInterpreter,
    find_interpreter,
    find_problem,
    get_interpreter,
    newest_first,
    our_interpreter,
)

OURS = our_interpreter().version


@pytest.fixture(autouse=True)
def bare_machine(tmp_path, monkeypatch):
    """A machine that has our own interpreter only. Answers the folder that is its PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("XDG_DATA_HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "MLOPS_IAC_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(interpreters, "find_uv", lambda: None)
    interpreters.find_other.cache_clear()
    yield folder
    interpreters.find_other.cache_clear()


def framework(*versions: str) -> Framework:
    return Framework("sklearn", "1.4-2", packages=("numpy==2.1.0",), python=versions)


def place(path: Path, version: str, behind: str = "") -> Path:
    """A program that answers the probe as Python of this version would; ``behind`` is the file that it says it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\necho {behind or path}\n")
    path.chmod(0o755)
    return path


def test_ours_is_taken_when_the_framework_has_packages_for_it(bare_machine):
    place(bare_machine / "python9.9", "9.9")
    assert find_interpreter(framework("9.9", OURS)) == our_interpreter()


def test_a_framework_without_packages_runs_in_ours():
    assert find_interpreter(Framework("light", "1")) == our_interpreter()


def test_the_newest_of_the_others_is_taken(bare_machine):
    place(bare_machine / "python9.9", "9.9")
    newer = place(bare_machine / "python9.10", "9.10")
    assert find_interpreter(framework("9.9", "9.10")) == Interpreter(newer, "9.10")


def test_behind_a_shim_is_the_interpreter_that_it_names(bare_machine, tmp_path):
    place(bare_machine / "python9.9", "9.9", behind="/opt/python")
    assert find_interpreter(framework("9.9")) == Interpreter(Path("/opt/python"), "9.9")


@pytest.mark.parametrize("said", ["exit 127", "echo 9.8; echo /x", "echo nonsense", "kill -9 $$"])
def test_a_file_that_bears_the_name_and_is_not_it_is_passed_over(bare_machine, said):
    (bare_machine / "python9.9").write_text(f"#!/bin/sh\n{said}\n")
    (bare_machine / "python9.9").chmod(0o755)
    assert find_interpreter(framework("9.9")) is None


@pytest.mark.parametrize(
    "where",
    [
        "XDG_DATA_HOME/uv/python/cpython-9.9.1-linux/bin/python9.9",
        "UV_PYTHON_INSTALL_DIR/cpython-9.9.1-linux/bin/python9.9",
        "PYENV_ROOT/versions/9.9.1/bin/python9.9",
        "MLOPS_IAC_CACHE/pythons/cpython-9.9.1-linux/bin/python9.9",
    ],
)
def test_interpreters_of_uv_and_pyenv_are_found(tmp_path, where, monkeypatch):
    if where.startswith("XDG"):
        monkeypatch.delenv("UV_PYTHON_INSTALL_DIR")
    placed = place(tmp_path / where, "9.9")
    assert find_interpreter(framework("9.9")) == Interpreter(placed, "9.9")


def test_without_one_the_error_names_what_is_needed_what_is_here_and_what_to_do():
    with pytest.raises(NoInterpreter) as caught:
        get_interpreter(framework("9.9", "9.10"))
    assert "packages for Python 9.9, 9.10" in caught.value.detail
    assert f"runs on Python {OURS}" in caught.value.detail
    assert "install Python 9.10" in caught.value.hint
    assert "pip install uv" in caught.value.hint


def test_uv_brings_the_newest_one_into_the_cache(tmp_path, monkeypatch):
    target = tmp_path / "MLOPS_IAC_CACHE/pythons/cpython-9.10.2-linux/bin/python9.10"
    uv = tmp_path / "uv"
    uv.write_text(
        f'#!/bin/sh\n[ "$6" = 9.10 ] || exit 3\n/bin/mkdir -p {target.parent}\n/bin/cp {tmp_path}/python {target}\n'
    )
    uv.chmod(0o755)
    place(tmp_path / "python", "9.10", behind=str(target))
    monkeypatch.setattr(interpreters, "find_uv", lambda: uv)
    assert find_problem([framework("9.9", "9.10")]) is None
    assert get_interpreter(framework("9.9", "9.10")) == Interpreter(target, "9.10")


def test_what_uv_says_when_it_cannot_is_passed_on(tmp_path, monkeypatch):
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'cause: dns error' >&2\nexit 2\n")
    uv.chmod(0o755)
    monkeypatch.setattr(interpreters, "find_uv", lambda: uv)
    with pytest.raises(NoInterpreter, match="No Python") as caught:
        get_interpreter(framework("9.9"))
    assert "uv could not bring one: cause: dns error" in caught.value.detail


def test_a_problem_is_told_of_the_first_framework_that_has_none():
    assert find_problem([framework(OURS)]) is None
    problem = find_problem([framework(OURS), framework("9.9")])
    assert problem is not None
    assert "9.9" in problem.detail


def test_versions_are_numbers_and_not_text():
    assert newest_first(["3.9", "3.11", "3.10"]) == ("3.11", "3.10", "3.9")


def test_make_takes_a_python_that_has_the_frameworks_packages(bare_machine):
    """The real makefile, on a machine whose `python3` is too new."""
    makefile = Path(__file__).parents[2] / "Makefile"
    (bare_machine / "python3").write_text("#!/bin/sh\nexit 1\n")
    (bare_machine / "python3.11").symlink_to(sys.executable)
    for file in ("python3", "python3.11"):
        os.chmod(bare_machine / file, 0o755)
    (bare_machine / "sh").symlink_to("/bin/sh")
    make = ["/usr/bin/make", "-f", str(makefile), "--eval", "chosen: ; @/bin/echo chosen: $(PYTHON)", "chosen"]
    done = subprocess.run(make, capture_output=True, text=True, env={"PATH": str(bare_machine)})
    expected = "python3.11" if sys.version_info[:2] <= (3, 12) else "python3"
    assert f"chosen: {expected}" in done.stdout.splitlines()
