"""What `engine.options` says, as the Automation API is told it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from pulumi.automation import Stack

from mlops_iac.backends.pulumi_options import KEYWORDS, as_urns, keywords
from mlops_iac.core.errors import UsageError
from mlops_iac.engine.deciding.options import Options

HERE = "urn:pulumi:dev::lab::"
KNOWN = (f"{HERE}aws:sns/topic:Topic::alarm", f"{HERE}lab:index:Box$aws:sns/topic:Topic::inner")
FUNCTIONS = {
    "preview": (Stack.preview,),
    "up": (Stack.up,),
    "refresh": (Stack.refresh, Stack.preview_refresh),
    "destroy": (Stack.destroy, Stack.preview_destroy),
}


@pytest.mark.parametrize("verb", FUNCTIONS)
def test_every_keyword_is_one_that_the_automation_api_takes(verb):
    for function in FUNCTIONS[verb]:
        taken = inspect.signature(function).parameters
        assert {words[verb] for _, words in KEYWORDS.values() if verb in words} <= taken.keys()


def test_every_option_is_passed_on_or_refused():
    # The Automation API always skips the preview: we ask for one. Who acts, Pulumi finds out by itself.
    ours = {"skip_preview", "actor"}
    assert set(KEYWORDS) | ours == set(Options.__dataclass_fields__)


def test_an_up_is_told_everything():
    options = Options(
        targets=("a",), target_dependents=True, replaces=("b",), refresh=True, parallel=3, continue_on_error=True,
        plan=Path("plan.json"), message="why", actor={"git.author": "Anna"},
    )  # fmt: skip
    assert keywords(options, "up") == {
        "target": ["a"], "target_dependents": True, "replace": ["b"], "refresh": True, "parallel": 3,
        "continue_on_error": True, "plan": "plan.json", "message": "why",
    }  # fmt: skip


def test_what_is_left_out_is_left_to_pulumi():
    assert keywords(Options(), "up") == {}


@pytest.mark.parametrize(
    ("options", "verb", "flag"),
    [
        (Options(excludes=("a",)), "destroy", "--exclude"),
        (Options(replaces=("a",)), "refresh", "--replace"),
        (Options(replaces=("a",)), "destroy", "--replace"),
        (Options(refresh=True), "refresh", "--refresh"),
        (Options(continue_on_error=True), "refresh", "--continue-on-error"),
        (Options(plan=Path("p")), "destroy", "--plan"),
    ],
)
def test_what_pulumi_cannot_be_told_is_refused_by_name(options, verb, flag):
    with pytest.raises(UsageError, match="Pulumi cannot do that") as caught:
        keywords(options, verb)
    assert flag in caught.value.detail


def test_names_become_urns():
    assert as_urns(["inner", KNOWN[0]], KNOWN) == [KNOWN[1], KNOWN[0]]


def test_a_name_that_is_nobodys_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="No such resource") as caught:
        as_urns(["alrm"], KNOWN)
    assert caught.value.hint == "did you mean `alarm`?"
