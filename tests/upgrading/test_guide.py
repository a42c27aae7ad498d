"""The guide about upgrades, read and done: every command in it, and what it shows."""

from __future__ import annotations

import pytest

from tests.docs import reader
from tests.docs.pages import CHECKOUT
from tests.upgrading.conftest import Write


@pytest.mark.slow
def test_the_guide_shows_what_really_comes(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reader.PROGRAMS, "mlops-iac", ["-m", "tests.support.aging"])
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    file = write("  mlops-iac:options:\n    # How many images stay.\n    keep: 5\n")
    file.write_text(file.read_text().replace("# Ünsere Bilder\n", ""))
    reader.Reader(CHECKOUT / "docs/guides/upgrade.md", file.parents[1]).to_the_end()
