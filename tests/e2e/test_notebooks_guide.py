"""The guide from a notebook to a pipeline, read and done: every command in it, and what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT
from tests.docs.reader import Reader
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_guide_shows_what_really_comes(story: tuple[Cli, Path]):
    _, folder = story
    Reader(CHECKOUT / "docs/guides/notebooks.md", folder).to_the_end()


def test_the_file_that_the_guide_shows_is_the_teams() -> None:
    guide = (CHECKOUT / "docs/guides/notebooks.md").read_text()
    assert (CHECKOUT / "examples/flora/pipelines/species.yaml").read_text() in guide
