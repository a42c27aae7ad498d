"""A function's code, however it is given, is one zip file with the files where they are imported from."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from mlops_iac.cloud.handlers.awslambda.function import packed
from mlops_iac.engine.values.value import Archive, Asset

CODE = "def handler(event, context): ..."


def names(code: Archive) -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(packed(code))).namelist())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code/inner").mkdir(parents=True)
    (tmp_path / "code/app.py").write_text(CODE)
    (tmp_path / "code/inner/__init__.py").write_text("")
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.write(tmp_path / "code/app.py", "app.py")
        archive.write(tmp_path / "code/inner/__init__.py", "inner/__init__.py")
    with tarfile.open(tmp_path / "code.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "code", arcname="")
    return tmp_path


@pytest.mark.parametrize("path", ["code", "code.zip", "code.tar.gz"])
def test_a_folder_and_what_it_was_packed_into_are_the_same_code(folder: Path, path: str) -> None:
    inside = Archive(path=str(folder / path))
    assert names(inside) == {"app.py", "inner/__init__.py"}
    assert names(Archive(assets={".": inside})) == names(inside)
    assert names(Archive(assets={"lib": inside, "app.py": Asset(text=CODE)})) == {
        "app.py", "lib/app.py", "lib/inner/__init__.py"
    }  # fmt: skip


def test_equal_code_is_equal_bytes(folder: Path) -> None:
    code = Archive(path=str(folder / "code"))
    first = packed(code)
    (folder / "code/app.py").touch()
    assert packed(code) == first
