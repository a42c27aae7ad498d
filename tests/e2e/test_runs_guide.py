"""The guide about runs and models, read and done: every command in it, and what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT
from tests.docs.reader import Reader
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_guide_shows_what_really_comes(story: tuple[Cli, Path]):
    cli, folder = story
    cli("new", "--team", "screening", "--env", "dev", "--blueprint", "tabular-batch")
    cli("up", "screening-dev", "--yes")
    cli("data", "put", "screening-dev", "examples/screening/data", "raw/")
    Reader(CHECKOUT / "docs/guides/runs-and-models.md", folder).to_the_end()
    assert cli("models", "show", "screening-dev", "serving", "--json").json["version"] == 1
