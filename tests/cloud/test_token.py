"""The token's file: only its owner reads it, and one that came with a copied folder is not trusted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlops_iac.cloud import token


def test_it_is_private_and_stays_over_restarts(tmp_path: Path):
    made = token.keep(tmp_path)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert len(made.secret) == 32
    assert token.read(tmp_path) == made == token.keep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_two_clouds_have_two_tokens_and_two_keys(tmp_path: Path):
    one, other = (token._make(tmp_path) for _ in range(2))
    assert one != other
    assert one.owner != other.owner


def test_neither_the_token_nor_the_key_shows_itself(tmp_path: Path):
    made = token.keep(tmp_path)
    shown = f"{made!r} {made.owner!r}"
    for secret in (made.secret.hex(), made.owner.access_key, made.owner.secret_key):
        assert secret not in shown


def test_a_copied_one_is_not_trusted(tmp_path: Path):
    made = token.keep(tmp_path)
    shutil.copytree(tmp_path, tmp_path / "clone")
    assert token.read(tmp_path / "clone") is None
    assert token.keep(tmp_path / "clone") != made


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604])
def test_one_that_others_can_read_is_made_anew(tmp_path: Path, mode: int):
    made = token.keep(tmp_path)
    (tmp_path / "token").chmod(mode)
    assert token.read(tmp_path) is None
    assert token.keep(tmp_path) != made


@pytest.mark.parametrize("content", ["", "1", "x y", "{inode} abcd", "{inode} zz", "{inode}"])
def test_a_damaged_one_is_made_anew(tmp_path: Path, content: str):
    token.keep(tmp_path)
    file = tmp_path / "token"
    file.write_text(content.format(inode=file.stat().st_ino))
    assert token.read(tmp_path) is None
    assert token.read(tmp_path) == token.keep(tmp_path) or token.read(tmp_path) is not None


def test_a_link_is_not_followed(tmp_path: Path):
    token.keep(tmp_path)
    os.rename(tmp_path / "token", tmp_path / "elsewhere")
    (tmp_path / "token").symlink_to("elsewhere")
    assert token.read(tmp_path) is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file to another user")
def test_one_of_another_user_is_not_trusted(tmp_path: Path):
    token.keep(tmp_path)
    os.chown(tmp_path / "token", 65534, 65534)
    assert token.read(tmp_path) is None


def test_a_proof_is_of_one_challenge(tmp_path: Path):
    made = token.keep(tmp_path)
    assert made.prove("a") == made.prove("a") != made.prove("b")
