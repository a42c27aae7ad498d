"""Hashes of assets and archives are those of Pulumi's own engine: each of these was made by its Go code."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.values.content import hashed
from mlops_iac.engine.values.value import Archive, Asset


def text(said: str) -> Asset:
    return Asset(text=said)


@pytest.mark.parametrize(
    ("assets", "expected"),
    [
        (
            {"a.py": text("hello"), "b/c.py": text("x" * 600)},
            "89ceebd96dc08852011dad9bbc24d67711964e3cc4a8c3e2ae3ce5769379c5ef",
        ),
        (
            {f"{'d' * 60}/{'e' * 70}.py": text("y")},
            "a6e8e0be95c6dd89c1534e50ea630d58fb33b572af4693d9ebfec2dd205648ae",
        ),
        ({"a": text("")}, "546e3989e440dec2c65d2d129f04ddaee11e8af26091edcde009672a5711b945"),
        (
            {"m.txt": text("ü"), "sub": Archive(assets={"z": text("1")})},
            "86c62673668b393cb989e0c8c59d2a3973feb46ffa79dee6c82bd9543693cdef",
        ),
    ],
)
def test_named_assets(assets: dict[str, Asset | Archive], expected: str) -> None:
    assert hashed(Archive(assets=assets)).hash == expected


def test_a_folder(tmp_path: Path) -> None:
    """Links to files are the files, links to folders are left out, and so is what Pulumi keeps for itself."""
    for name, content in {"a/x": "1", "a.txt": "2", "a/deep/y": "3", ".pulumi/no": "4"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{content}\n")
    (tmp_path / "link").symlink_to("a.txt")
    (tmp_path / "linkdir").symlink_to("a")
    expected = "db324b6f87b54ef0812f6e4247a5278e54c83a070f545d92a621abde0d279309"
    assert hashed(Archive(path=str(tmp_path))).hash == expected
    (tmp_path / "a/x").write_text("another\n")
    assert hashed(Archive(path=str(tmp_path))).hash != expected


@pytest.mark.parametrize("name", ["ü.py", "n" * 101, f"{'p' * 156}/x", "with\0nothing"])
def test_what_no_plain_header_holds_has_a_hash_of_our_own(name: str) -> None:
    first, second = (hashed(Archive(assets={name: hashed(text(said))})).hash for said in "12")
    assert len(first) == len(second) == 64
    assert first != second


def test_eight_blanks_in_a_name_are_no_place_for_the_sum() -> None:
    first, second = (hashed(Archive(assets={f"a{8 * ' '}{name}": text("")})).hash for name in "12")
    assert first != second


def test_archives_with_hashes_of_another_making_are_the_same_part_by_part() -> None:
    parts = {"a.py": hashed(text("1")), "b.py": hashed(text("2"))}
    now, before = hashed(Archive(assets=parts)), Archive(assets=parts, hash="0" * 64)
    assert not diff({"code": before}, {"code": now})
    changed = Archive(assets={**parts, "b.py": hashed(text("3"))}, hash="0" * 64)
    assert diff({"code": changed}, {"code": now})
    fewer = Archive(assets={"a.py": parts["a.py"]}, hash="0" * 64)
    assert diff({"code": fewer}, {"code": now})
