from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mlops_iac.runs import git as git_module
from mlops_iac.runs.git import MOST_NAMED, read_git_state


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main")
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A team's folder in a repository with one commit; another folder beside it."""
    folder = tmp_path / "repository" / "team"
    folder.mkdir(parents=True)
    (folder / "train.py").write_text("print(1)\n")
    (folder.parent / "other.txt").write_text("x\n")
    git(folder.parent, "init", "-q")
    git(folder.parent, "add", ".")
    git(folder.parent, "commit", "-qm", "first")
    return folder


@pytest.fixture
def without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "ask_git", lambda *_: None)


def test_a_clean_folder_is_its_commit(code: Path) -> None:
    (code.parent / "other.txt").write_text("what lies beside the code does not matter\n")
    state = read_git_state(code)
    assert state is not None
    assert (state.commit, state.branch, state.dirty, state.changed) == (
        git(code, "rev-parse", "HEAD"),
        "main",
        False,
        (),
    )


def test_changed_and_new_files_make_it_dirty(code: Path) -> None:
    (code / "train.py").write_text("print(2)\n")
    (code / "new.py").write_text("")
    state = read_git_state(code)
    assert state is not None
    assert (state.dirty, state.changed) == (True, ("train.py", "new.py"))


def test_of_many_changed_files_the_first_are_named(code: Path) -> None:
    for number in range(MOST_NAMED + 5):
        (code / f"f{number:02}.py").write_text("")
    state = read_git_state(code)
    assert state is not None
    assert len(state.changed) == MOST_NAMED


@pytest.mark.usefixtures("without_git")
@pytest.mark.parametrize("packed", [False, True])
def test_without_git_the_commit_is_known_and_dirty_is_not(code: Path, packed: bool) -> None:
    if packed:
        git(code, "pack-refs", "--all")
    state = read_git_state(code)
    assert state is not None
    assert (state.commit, state.branch, state.dirty) == (git(code, "rev-parse", "HEAD"), "main", None)


@pytest.mark.usefixtures("without_git")
def test_a_worktree_and_a_detached_head_are_read_without_git(code: Path, tmp_path: Path) -> None:
    git(code, "worktree", "add", "-q", str(tmp_path / "beside"), "-b", "topic")
    beside = read_git_state(tmp_path / "beside" / "team")
    git(code, "checkout", "-q", "--detach")
    detached = read_git_state(code)
    assert beside is not None
    assert detached is not None
    assert (beside.branch, detached.branch) == ("topic", None)
    assert beside.commit == detached.commit == git(code, "rev-parse", "HEAD")


def test_no_repository_no_commit_and_an_ignored_folder_have_no_state(code: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert read_git_state(empty) is None
    git(empty, "init", "-q")
    assert read_git_state(empty) is None
    (code.parent / ".gitignore").write_text("team/\n")
    git(code.parent, "rm", "-rq", "--cached", "team")
    assert read_git_state(code) is None


def test_a_repository_that_git_refuses_has_its_commit(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module.subprocess, "run", lambda *_, **__: (_ for _ in ()).throw(FileNotFoundError("git")))
    state = read_git_state(code)
    assert state is not None
    assert (len(state.commit), state.dirty) == (40, None)


def test_a_hook_s_variables_lead_to_no_other_repository(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    shutil.copytree(code.parent, other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    (other / "team" / "train.py").write_text("changed there\n")
    state = read_git_state(code)
    assert state is not None
    assert state.dirty is False


@pytest.mark.usefixtures("without_git")
@pytest.mark.parametrize("head", ["", "ref: refs/heads/../../../../etc/passwd", "ref: refs/heads/none", "\x00" * 50])
def test_a_damaged_repository_is_none(code: Path, head: str) -> None:
    (code.parent / ".git" / "HEAD").write_text(head)
    assert read_git_state(code) is None
