"""The tutorial, read and done: every command in it, every edit, and what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from tests.docs.pages import CHECKOUT
from tests.docs.reader import Reader
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("first-environment")]


def test_the_tutorial_shows_what_really_comes(story: tuple[Cli, Path]):
    cli, folder = story
    Reader(CHECKOUT / "docs/guides/first-environment.md", folder).to_the_end()
    assert cli("cloud", "status", "--json").json["running"] is False
    assert EmbeddedBackend(folder, "").store.stacks() == []
