from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.core.errors import RunError
from mlops_iac.runs import folder as folder_module
from mlops_iac.runs.folder import read_code_folder


def names(folder: Path) -> list[str]:
    return [file.name for file in read_code_folder(folder)]


def test_data_caches_version_control_and_passwords_stay_at_home(code: Path) -> None:
    for name in ("data/big.csv", ".git/config", "lib/__pycache__/a.pyc", ".venv/bin/python", ".env", "lib/a.py"):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text("x")
    assert names(code) == ["evaluate.py", "lib/a.py", "prepare.py", "train.py", "validate.py"]


def test_a_data_folder_that_is_not_at_the_top_travels(code: Path) -> None:
    (code / "lib" / "data").mkdir(parents=True)
    (code / "lib" / "data" / "words.txt").write_text("x")
    assert "lib/data/words.txt" in names(code)


def test_the_teams_own_ignore_file_is_honoured(code: Path) -> None:
    (code / ".mlops-iac-ignore").write_text("# notes\n*.md\nnotebooks/\n/train.py\n")
    (code / "README.md").write_text("x")
    for folder in ("notebooks", "lib"):
        (code / folder).mkdir()
        (code / folder / "train.py").write_text("x")
    assert names(code) == ["evaluate.py", "lib/train.py", "prepare.py", "validate.py"]


def test_an_ignore_file_says_what_git_reads_in_it(code: Path) -> None:
    (code / ".mlops-iac-ignore").write_text("*.md\n!README.md\nold/\n**/draft_*\n\\#notes\nlib/*.csv\n")
    for name in (
        "README.md",
        "other.md",
        "#notes",
        "lib/a.csv",
        "lib/deep/b.csv",
        "lib/draft_1.py",
        "old/x.py",
        "lib/old",
    ):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text("x")
    kept = {*names(code)} - {"evaluate.py", "prepare.py", "train.py", "validate.py"}
    assert kept == {"README.md", "lib/deep/b.csv", "lib/old"}


def test_what_is_no_pattern_is_named(code: Path) -> None:
    (code / ".mlops-iac-ignore").write_text("*.md\n!\n")
    with pytest.raises(RunError, match="Ignore pattern is not understood") as caught:
        names(code)
    assert caught.value.problems[0].file.endswith(".mlops-iac-ignore")


def test_a_link_that_leaves_the_folder_is_refused(code: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    (code / "secret.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(RunError, match="leads out of itself"):
        names(code)


def test_a_link_to_a_folder_is_refused_even_inside(code: Path) -> None:
    (code / "lib").mkdir()
    (code / "alias").symlink_to(code / "lib")
    with pytest.raises(RunError, match="Link cannot be packed"):
        names(code)


def test_a_link_to_a_file_inside_travels_as_the_file(code: Path) -> None:
    (code / "again.py").symlink_to(code / "train.py")
    assert "again.py" in names(code)


def test_a_folder_that_is_too_large_names_what_is_large(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "LARGEST_CODE", 1000)
    (code / "model.bin").write_bytes(b"x" * 2000)
    with pytest.raises(RunError, match="too large") as caught:
        names(code)
    assert "model.bin" in caught.value.detail
    assert "data put" in caught.value.hint


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_files_is_refused(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "code").mkdir()
    with pytest.raises(RunError, match="empty" if exists else "missing"):
        read_code_folder(tmp_path / "code")
