"""The guide about promotion, read and done: two environments, and a model that goes from one to the other."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT
from tests.docs.reader import Reader
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PROMOTE = "mlops-iac promote serving --from screening-dev --to screening-prod"


def test_the_guide_shows_what_really_comes(story: tuple[Cli, Path]):
    cli, folder = story
    reader = Reader(CHECKOUT / "docs/guides/promotion.md", folder)
    reader.until(PROMOTE)
    for _ in range(600):
        run = cli("runs", "show", "screening-prod", "last", "--json").json
        if next(step for step in run["steps"] if step["name"] == "approve")["status"] == "running":
            break
        assert run["status"] == "running", run
        time.sleep(0.2)
    reader.to_the_end()
    model = cli("models", "show", "screening-prod", "serving", "--json").json
    assert model["origin"]["stack"] == "screening-dev"
    assert model["digest"] == cli("models", "show", "screening-dev", "serving", "--json").json["digest"]
