"""Entries of `access:` in a stack file: what is there stays as it is."""

from __future__ import annotations

import pytest
import yaml

from mlops_iac.config.access_edit import with_entry, without_entry
from mlops_iac.core.errors import ConfigError

HEAD = "# the team's\nconfig:\n  aws:region: eu-west-1  # near\n  mlops-iac:team: tiny\n"
OPTIONS = "  # The blueprint's own.\n  mlops-iac:options:\n    gate: {at_least: 0.9}\n"
LIST = """  mlops-iac:access:  # who works here
    # the lead
    - {principal: "sso:Lead", as: admin}
    - principal: sso:Two   # since May
      as: viewer

    # nobody else
"""
SAME_INDENT = "  mlops-iac:access:\n  - {principal: sso:Lead, as: admin}\n"
ENTRY = {"principal": "sso:New", "as": "scientist", "until": "2027-01-31"}


def entries(text: str) -> list[dict[str, str]]:
    return yaml.safe_load(text)["config"]["mlops-iac:access"] or []


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD + OPTIONS,
        HEAD + LIST,
        HEAD + LIST + OPTIONS,
        HEAD + SAME_INDENT + OPTIONS,
        HEAD + "  mlops-iac:access: []  # nobody yet\n" + OPTIONS,
        HEAD + "  mlops-iac:access:\n" + OPTIONS,
        (HEAD + LIST).rstrip("\n"),
    ],
)
def test_a_new_entry_is_the_last_and_everything_else_stays(text: str) -> None:
    after, lines = with_entry(text, "stack.yaml", ENTRY)
    before = yaml.safe_load(text)["config"]
    values = yaml.safe_load(after)["config"]
    assert entries(after) == [*(before.get("mlops-iac:access") or []), {**ENTRY, "until": "2027-01-31"}]
    assert {key: value for key, value in values.items() if key != "mlops-iac:access"} == {
        key: value for key, value in before.items() if key != "mlops-iac:access"
    }
    assert after.count("#") == text.count("#")
    assert all(line in after.splitlines() for line in lines)


@pytest.mark.parametrize("index", [0, 1])
def test_an_entry_that_goes_leaves_the_others_and_the_comments(index: int) -> None:
    text = HEAD + LIST + OPTIONS
    after, gone = without_entry(text, "stack.yaml", index)
    assert [one["principal"] for one in entries(after)] == [["sso:Two"], ["sso:Lead"]][index]
    assert ["# nobody else" in after, "# the lead" in after, "near" in after] == [True] * 3
    assert len(gone) == index + 1


def test_the_last_that_goes_leaves_an_empty_list() -> None:
    after, _ = without_entry(HEAD + SAME_INDENT + OPTIONS, "stack.yaml", 0)
    assert entries(after) == []
    again, _ = with_entry(after, "stack.yaml", ENTRY)
    assert len(entries(again)) == 1


def test_what_is_written_in_brackets_is_edited_by_hand() -> None:
    text = HEAD + "  mlops-iac:access: [{principal: sso:A, as: admin}, {principal: sso:B, as: viewer}]\n"
    with pytest.raises(ConfigError) as caught:
        with_entry(text, "stack.yaml", ENTRY)
    assert ":5" in str(caught.value) or "5" in str(caught.value.problems[0].line)
    assert "sso:New" in str(caught.value.hint)
    with pytest.raises(ConfigError):
        without_entry(text, "stack.yaml", 1)


def test_whom_the_company_names_is_not_in_the_stacks_file() -> None:
    with pytest.raises(ConfigError) as caught:
        without_entry(HEAD, "stack.yaml", 0)
    assert "mlops-iac.yaml" in str(caught.value.hint)
