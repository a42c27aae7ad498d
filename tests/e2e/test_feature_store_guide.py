"""The guide about features, read and done: every command in it, and what it shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT
from tests.docs.reader import Reader
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_guide_shows_what_really_comes(story: tuple[Cli, Path]) -> None:
    cli, folder = story
    shutil.copy(CHECKOUT / "examples/grunfeld/Pulumi.grunfeld-dev.yaml", folder / "stacks")
    Reader(CHECKOUT / "docs/guides/feature-store.md", folder).to_the_end()
    assert cli("features", "show", "grunfeld-dev", "books", "--json").json["history"] == "Active"
