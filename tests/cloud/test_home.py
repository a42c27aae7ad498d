"""A folder that is held open: what is written goes into it, or nowhere."""

from __future__ import annotations

import os
import shutil

import pytest

from mlops_iac.cloud.home import RECORD, Home


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "cloud")


def test_the_folder_is_its_owners_alone(home):
    home.write("cloud.snap", b"x")
    home.touch("unsaved")
    assert home.path.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in home.path.iterdir())


def test_what_was_before_stays_until_the_next(home):
    for content in (b"first", b"second", b"third"):
        home.write("cloud.snap", content)
    assert {path.name: path.read_bytes() for path in home.path.iterdir()} == {
        "cloud.snap": b"third",
        "cloud.snap.previous": b"second",
    }


def test_nothing_is_written_into_a_folder_that_took_the_place_of_this_one(home):
    shutil.rmtree(home.path)
    assert not home.is_ours()
    following = Home(home.path)
    following.write("cloud.snap", b"theirs")
    following.touch("unsaved")
    assert not home.is_ours()
    with pytest.raises(FileNotFoundError):
        home.write("cloud.snap", b"ours")
    with pytest.raises(FileNotFoundError):
        home.touch("unsaved")
    home.remove("unsaved")
    assert {path.name: path.read_bytes() for path in following.path.iterdir()} == {
        "cloud.snap": b"theirs",
        "unsaved": b"",
    }


@pytest.mark.parametrize(
    ("record", "ours"),
    [
        (None, True),
        ('{"pid": OURS}', True),
        ('{"pid": 1}', False),
        ("half a rec", True),
        ("[]", True),
        ("{}", True),
    ],
)
def test_a_record_of_another_process_takes_the_folder_over_and_a_damaged_one_does_not(home, record, ours):
    if record is not None:
        (home.path / RECORD).write_text(record.replace("OURS", str(os.getpid())))
    assert home.is_ours() is ours
