"""The Java that Spark runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.core import java


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    java.find_java.cache_clear()
    yield
    java.find_java.cache_clear()


def put(folder: Path, version: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-20' >&2\n")
    program.chmod(0o755)
    return program


def only(monkeypatch: pytest.MonkeyPatch, *programs: Path) -> None:
    monkeypatch.setattr(java, "_candidates", lambda: iter(programs))


@pytest.mark.parametrize(("said", "version"), [("17.0.15", 17), ("1.8.0_412", 8), ("11.0.23", 11)])
def test_a_java_says_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, version: int) -> None:
    only(monkeypatch, put(tmp_path / "jvm", said))
    assert java.find_java() == java.Java((tmp_path / "jvm").resolve(), version)
    assert java.lack() == ""


def test_one_that_spark_runs_on_goes_before_a_newer_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, put(tmp_path / "new", "25.0.1"), put(tmp_path / "old", "17.0.1"))
    found = java.find_java()
    assert found is not None
    assert found.version == 17


def test_what_lacks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    assert java.lack() == "Spark runs on Java, and this machine has none."
    java.find_java.cache_clear()
    only(monkeypatch, put(tmp_path / "new", "25.0.1"))
    assert java.lack() == f"Spark 3.5 runs on Java 8, 11, 17, and this machine's is Java 25 ({tmp_path / 'new'})."


def test_a_program_that_only_bears_the_name_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = put(tmp_path / "stub", "17")
    program.write_text("#!/bin/sh\nexit 1\n")
    only(monkeypatch, program)
    assert java.find_java() is None
