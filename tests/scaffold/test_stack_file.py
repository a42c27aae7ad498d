"""A new stack file loads, explains itself, overwrites nothing, and stays where it belongs."""

from __future__ import annotations

import dataclasses
import os
import re

import pytest

from mlops_iac.config import load_stack
from mlops_iac.core.errors import ConfigError, MlopsError, UsageError
from mlops_iac.scaffold import new_stack, stack_file
from mlops_iac.scaffold.answers import Answers, check_answer

from .conftest import BLUEPRINTS, Options


def load(root, stack):
    return load_stack(root, stack, options_model=BLUEPRINTS.__getitem__)


def test_a_new_stack_loads_with_what_was_answered(root, answers):
    path = new_stack(root, answers, BLUEPRINTS)
    assert path == root / "stacks" / "Pulumi.screening-dev.yaml"
    stack = load(root, "screening-dev")
    for field in dataclasses.fields(Answers):
        assert getattr(stack, field.name) == getattr(answers, field.name)
    assert stack.options == Options()


def test_every_answer_is_written(root):
    answers = Answers(
        team="a-b-c",
        environment="prod",
        blueprint="tabular-batch",
        code="teams/a b/code",
        region="us-gov-west-1",
        security="regulated",
        owner="ml-platform+alerts@example.org",
    )
    new_stack(root, answers, BLUEPRINTS)
    stack = load(root, "a-b-c-prod")
    assert (stack.code, stack.region, stack.security) == ("teams/a b/code", "us-gov-west-1", "regulated")
    assert (stack.owner, stack.protect) == ("ml-platform+alerts@example.org", True)


def test_removing_the_comment_signs_of_the_options_changes_nothing(root, answers):
    path = new_stack(root, answers, BLUEPRINTS)
    head, options = path.read_text().split("  mlops-iac:options:\n")
    setting = re.compile(r"^    # ((?:[a-z]+:|  ).*)$", re.MULTILINE)
    assert len(setting.findall(options)) >= 5
    path.write_text(head + "  mlops-iac:options:\n" + setting.sub(r"    \1", options))
    assert load(root, "screening-dev").options == Options()


def test_every_setting_is_explained(root, answers):
    text = new_stack(root, answers, BLUEPRINTS).read_text()
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"  (aws|mlops-iac):", line):
            assert lines[number - 1].startswith("  # "), line
    assert max(map(len, lines)) <= 120


def test_a_description_cannot_end_its_comment(root, answers):
    text = new_stack(root, answers, BLUEPRINTS).read_text()
    assert "# Line one. mlops-iac:team: injected # Line two." in text


def test_an_existing_file_is_never_touched(root, answers):
    path = new_stack(root, answers, BLUEPRINTS)
    path.write_text("mine")
    with pytest.raises(ConfigError, match="already there") as caught:
        new_stack(root, answers, BLUEPRINTS)
    assert "stacks/Pulumi.screening-dev.yaml" in caught.value.detail
    assert path.read_text() == "mine"
    assert os.listdir(root / "stacks") == [path.name]


def test_a_file_that_appears_in_the_last_moment_is_not_overwritten(root, answers, monkeypatch):
    path = root / "stacks" / "Pulumi.screening-dev.yaml"
    checked = stack_file._read_back

    def someone_else_writes(*args):
        checked(*args)
        path.write_text("theirs")

    monkeypatch.setattr(stack_file, "_read_back", someone_else_writes)
    with pytest.raises(ConfigError, match="already there"):
        new_stack(root, answers, BLUEPRINTS)
    assert path.read_text() == "theirs"
    assert os.listdir(root / "stacks") == [path.name]


def test_a_broken_link_in_its_place_counts_as_existing(root, answers, tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere") / "x.yaml"
    (root / "stacks").mkdir()
    (root / "stacks" / "Pulumi.screening-dev.yaml").symlink_to(outside)
    with pytest.raises(ConfigError, match="already there"):
        new_stack(root, answers, BLUEPRINTS)
    assert not outside.exists()


def test_a_stacks_folder_that_leads_elsewhere_is_refused(root, answers, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (root / "stacks").symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="outside the project"):
        new_stack(root, answers, BLUEPRINTS)
    assert os.listdir(elsewhere) == []


def test_a_stacks_folder_that_is_a_file_is_told(root, answers):
    (root / "stacks").touch()
    with pytest.raises(MlopsError, match="cannot be made"):
        new_stack(root, answers, BLUEPRINTS)


def test_a_full_disk_leaves_nothing_behind(root, answers, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stack_file.os, "fsync", full)
    with pytest.raises(MlopsError, match="cannot be written") as caught:
        new_stack(root, answers, BLUEPRINTS)
    assert "No space left on device" in caught.value.detail
    assert os.listdir(root / "stacks") == []


def test_a_file_system_without_links_is_written_to_as_well(root, answers, monkeypatch):
    def refuse(*args):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(stack_file.os, "link", refuse)
    new_stack(root, answers, BLUEPRINTS)
    assert load(root, "screening-dev").team == "screening"
    assert len(os.listdir(root / "stacks")) == 1


def test_a_name_that_overlaps_another_stack_is_refused_before_it_exists(root, answers):
    new_stack(root, dataclasses.replace(answers, team="ml"), BLUEPRINTS)
    with pytest.raises(ConfigError, match="overlaps"):
        new_stack(root, dataclasses.replace(answers, team="ml-dev", environment="test"), BLUEPRINTS)
    assert os.listdir(root / "stacks") == ["Pulumi.ml-dev.yaml"]


def test_all_bad_answers_are_told_at_once_by_their_options(root):
    bad = Answers(team="A", environment="D", blueprint="tabular", code="/x", region="eu", security="x", owner="me")
    with pytest.raises(UsageError) as caught:
        new_stack(root, bad, BLUEPRINTS)
    assert [problem.path for problem in caught.value.problems] == [
        "--blueprint",
        "--code",
        "--env",
        "--owner",
        "--region",
        "--security",
        "--team",
    ]
    assert not (root / "stacks").exists()


HOSTILE = [
    # paths
    "../../etc/passwd", "..", "/etc/passwd", "a/../../b", "..\\..\\x", "~root",
    "C:\\Windows", "file:///etc", "\\\\host\\x",
    # shell
    "$(touch CANARY)", "`touch CANARY`", "; rm -rf /", "| cat", "&& id", "$HOME", "-rf", "--help", "x\ny",
    # Jinja, Argo, GitHub, format strings
    "{{ 7 * 7 }}", "{% include '/etc/passwd' %}", "{{ ''.__class__.__mro__ }}", "{{ answers.__init__.__globals__ }}",
    "{# x #}", "{{workflow.name}}", "${{ secrets.TOKEN }}", "%(x)s", "{0.__class__}",
    # YAML
    "a: b", "a #b", "# comment", "- x",
    "&a x", "*a", "!!python/object/apply:os.system [id]", "!tag x", "|", ">-", "---", "...",
    "%YAML 1.1", "a\n  mlops-iac:team: other", "'", '"', "[a, b]", "{a: b}", "<<", "? x", "@x", "\\x41",
    # JSON, IAM
    '","Effect":"Allow', "arn:aws:iam::*:role/*", "*", "?",
    # Unicode and control characters
    "\x00", "\x1b[2J", "a\x85b", "a\u2028b", "\u202eecneics",
    "\ufeffa", "\u200bteam", "ｓcreening", "ⅷ", "ﬀ", "\ud800", "Ⓐ",
    # reserved words, numbers, limits
    "null", "true", "yes", "NO", "on", "~", "1.10", "0123", "1e3",
    "0x1f", ".inf", "2026-01-01", "", " ", "a" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:30]))
@pytest.mark.parametrize("key", ["team", "environment", "code", "owner", "region", "security", "blueprint"])
def test_a_hostile_value_is_refused_or_written_so_that_it_means_itself(root, answers, key, value, monkeypatch):
    monkeypatch.chdir(root)
    hostile = dataclasses.replace(answers, **{key: value})
    refused = check_answer(key, value, tuple(BLUEPRINTS))
    if refused:
        with pytest.raises(UsageError) as caught:
            new_stack(root, hostile, BLUEPRINTS)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\ud800]", str(caught.value))
        assert os.listdir(root) == ["Pulumi.yaml"]
    else:
        path = new_stack(root, hostile, BLUEPRINTS)
        assert getattr(load(root, hostile.stack), key) == value
        assert os.listdir(root / "stacks") == [path.name]
    assert not (root / "CANARY").exists()


def test_hostile_values_are_at_least_sixty_and_most_are_refused():
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60
    accepted = {v for v in HOSTILE for k in ("team", "environment") if not check_answer(k, v, tuple(BLUEPRINTS))}
    assert accepted == {"null", "true", "yes", "on"}
