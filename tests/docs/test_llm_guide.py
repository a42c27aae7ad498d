"""The guide about tuning a language model: what it does before anything is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT
from tests.docs.reader import Reader


@pytest.mark.slow
def test_the_guide_shows_what_really_comes(project: Path) -> None:
    shutil.copy(CHECKOUT / "examples/answers/Pulumi.answers-dev.yaml", project / "stacks")
    Reader(CHECKOUT / "docs/guides/llm-finetuning.md", project).to_the_end()
