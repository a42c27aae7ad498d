"""The guide about policies, read and done: every command in it, every edit, and what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT
from tests.docs.reader import Reader


@pytest.mark.slow
def test_the_guide_shows_what_really_comes(project: Path) -> None:
    (project / "mlops-iac.yaml").write_text("defaults: {}\n")
    Reader(CHECKOUT / "docs/guides/policy.md", project).to_the_end()
