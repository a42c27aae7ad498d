"""What cannot be uploaded is told before the first upload, all of it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from mlops_iac.core.errors import UsageError
from mlops_iac.runs.sources import survey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "data"
    (found / "2026").mkdir(parents=True)
    (found / "2026" / "good.csv").write_text("x\n")
    return found


def problems(folder: Path) -> dict[str, str]:
    with pytest.raises(UsageError) as caught:
        survey(folder)
    return {Path(problem.file).name: problem.summary for problem in caught.value.problems}


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path may have 108 bytes
    socket.socket(socket.AF_UNIX).bind(path.name)
    os.chdir(here)


ODD = {
    "a broken link": (lambda path: path.symlink_to("nowhere"), "It is a broken link."),
    "a link to itself": (lambda path: path.symlink_to(path.name), "It is a broken link."),
    "a link to a folder": (lambda path: path.symlink_to("2026"), "It is a link to a folder."),
    "a pipe": (lambda path: os.mkfifo(path), "It is not a file."),
    "a socket": (make_socket, "It is not a file."),
}


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_what_is_no_file_is_refused_by_name(folder, odd):
    make, summary = ODD[odd]
    make(folder / "odd")
    assert problems(folder) == {"odd": summary}


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        (b"\xff\xfe.csv", "The name is not UTF-8."),
        (b"\x1b[2J.csv", "The name holds a control character."),
        (b"two\nlines.csv", "The name holds a control character."),
    ],
)
def test_a_name_that_nobody_can_type_is_refused(folder, name, summary):
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")
    assert list(problems(folder).values()) == [summary]


def test_a_name_longer_than_a_key_is_refused(folder):
    deep = folder.joinpath(*["n" * 200] * 6)
    deep.mkdir(parents=True)
    (deep / "a.csv").write_text("x")
    assert problems(folder) == {"a.csv": "The name is too long."}


def test_everything_is_told_at_once_and_shown_safely(folder):
    (folder / "one").symlink_to("nowhere")
    (folder / "two").symlink_to("2026")
    (folder / "\x1b[2J").write_text("x")
    assert problems(folder) == {
        "one": "It is a broken link.",
        "two": "It is a link to a folder.",
        "\N{REPLACEMENT CHARACTER}[2J": "The name holds a control character.",
    }


def test_a_link_to_a_file_is_followed_and_said(folder):
    (folder / "latest.csv").symlink_to("2026/good.csv")
    found = survey(folder)
    assert [one.name for one in found.files] == ["latest.csv", "2026/good.csv"]
    assert list(found.notes()) == ["through links, so what they point to is uploaded: latest.csv"]


def test_what_is_hidden_stays_and_is_counted(folder):
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x")
    (folder / ".DS_Store").write_text("x")
    found = survey(folder)
    assert [one.name for one in found.files] == ["2026/good.csv"]
    assert list(found.notes()) == ["hidden, so not uploaded: 2 files"]


def test_a_plain_folder_needs_no_words(folder):
    assert list(survey(folder).notes()) == []
