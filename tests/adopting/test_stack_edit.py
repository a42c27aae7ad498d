"""Lines into a stack file: what is there stays as it is."""

from __future__ import annotations

import pytest
import yaml

from mlops_iac.adopting.stack_edit import with_adopted
from mlops_iac.core.errors import ConfigError

HEAD = "config:\n  mlops-iac:team: tiny # a comment\n"
KEY = {"group": "theirs"}


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (HEAD, 3),
        (HEAD + "  mlops-iac:options: {}\n", 2),
        (HEAD + "  mlops-iac:options:\n    # a comment\n    gate: {at_least: 0.9}\n", 2),
        (HEAD + "  mlops-iac:options:\n      adopt:\n        network: {vpc_id: vpc-1}\n", 1),
        (HEAD + "  mlops-iac:options:\n    adopt: {} # none yet\n    gate: {at_least: 0.9}", 1),
        (HEAD + "  mlops-iac:options: # nothing", 2),
    ],
)
def test_a_layer_is_written_where_it_belongs(text: str, new: int) -> None:
    after, lines = with_adopted(text, "stack.yaml", "registry", KEY)
    values = yaml.safe_load(after)["config"]
    assert values["mlops-iac:options"]["adopt"]["registry"] == KEY
    assert len(lines) == new
    before = yaml.safe_load(text)["config"]
    for name, value in ((before.get("mlops-iac:options") or {}).get("adopt") or {}).items():
        assert values["mlops-iac:options"]["adopt"][name] == value
    assert after.count("#") == text.count("#")
    assert values["mlops-iac:team"] == "tiny"


def test_what_is_written_in_braces_is_edited_by_hand() -> None:
    with pytest.raises(ConfigError) as caught:
        with_adopted(HEAD + "  mlops-iac:options: {gate: {at_least: 0.9}}\n", "stack.yaml", "registry", KEY)
    assert caught.value.problems[0].line == 3
    assert "adopt: {registry: {group: theirs}}" in caught.value.hint


def test_a_layer_that_is_there_is_not_written_again() -> None:
    text, _ = with_adopted(HEAD, "stack.yaml", "registry", KEY)
    with pytest.raises(ConfigError, match="adopted already"):
        with_adopted(text, "stack.yaml", "registry", KEY)
