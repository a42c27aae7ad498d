"""Stories that failed once, as they were printed then. Each file says why, and is lived again."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.engine_random.trying import live, read_story, shortly

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_what_failed_once_does_not_fail_again(case: Path) -> None:
    live(read_story(yaml.safe_load(case.read_text("utf-8"))["story"]))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_case_is_written_as_it_is_printed(case: Path) -> None:
    text = yaml.safe_load(case.read_text("utf-8"))["story"]
    assert shortly(read_story(text)) == " ".join(text.split())
