"""The guide about plans, drift and state, read and done: every command in it, every edit, and what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT
from tests.docs.reader import Reader
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_guide_shows_what_really_comes(story: tuple[Cli, Path]):
    cli, folder = story
    Reader(CHECKOUT / "docs/guides/state.md", folder).to_the_end()
    assert cli("cloud", "status", "--json").json["running"] is False
