"""Values compared from the inside."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_iac.engine.event import Op, PropertyDiff
from mlops_iac.engine.values.value import UNKNOWN, Secret
from mlops_iac.render.compare import Change, compare
from mlops_iac.render.steps import render_steps
from mlops_iac.render.values import LONGEST, render_change
from tests.render.conftest import component, resource


def policy(**statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": k, **v} for k, v in statements.items()]})


READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}


def test_a_statement_of_a_policy_is_named_by_its_sid_wherever_it_stands():
    old = policy(Other={"Effect": "Deny"}, Read=READ)
    new = policy(Read={**READ, "Action": ["s3:GetObject"]}, Other={"Effect": "Deny"})
    assert compare(old, new) == [Change("Statement[Read].Action", "delete", old="s3:ListBucket")]


def test_a_statement_that_comes_or_goes_is_one_change():
    assert compare(policy(Read=READ), policy(Read=READ, Write={"Effect": "Deny"})) == [
        Change("Statement[Write]", "add", new={"Sid": "Write", "Effect": "Deny"})
    ]


def test_one_value_beside_a_list_is_a_list_of_one():
    assert compare('{"Action": "a"}', '{"Action": ["a", "b"]}') == [Change("Action", "add", new="b")]


def test_an_entry_in_the_middle_does_not_change_those_after_it():
    old = [{"x": 1}, {"x": 2}, {"x": 3}]
    assert compare(old, [{"x": 1}, {"x": 9}, {"x": 2}, {"x": 3}]) == [Change("[1]", "add", new={"x": 9})]
    assert compare(old, [{"x": 1}, {"x": 2, "y": 1}, {"x": 3}]) == [Change("[1].y", "add", new=1)]


def test_a_script_is_compared_line_by_line():
    assert compare("a\nb\nc\n", "a\nB\nc\nd\n") == [
        Change("line 2", "update", "b", "B"),
        Change("line 4", "add", new="d"),
    ]


@pytest.mark.parametrize(("old", "new"), [("a", "b"), (1, 2), ("{not json", '{"a": 1}'), (None, "x"), ("a", "b\nc")])
def test_what_has_no_inside_is_not_looked_into(old, new):
    assert compare(old, new) is None


def test_a_number_that_became_a_word_is_a_change():
    assert compare('{"a": 1}', '{"a": true}') == [Change("a", "update", 1, True)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON) | st.dictionaries(st.text(max_size=4), JSON), st.lists(JSON))
def test_equal_documents_have_no_differences_and_others_some(one, other):
    assert compare(json.dumps(one), json.dumps(one, indent=2)) == []
    if json.dumps(one) != json.dumps(other):
        assert compare(json.dumps(one), json.dumps(other)) or isinstance(one, dict)


def shown(**diff: PropertyDiff) -> str:
    changed = resource("lake", "bucket", Op.UPDATE, diff=diff)
    return render_steps([component("lake", Op.SAME), changed], color=False)


def test_a_changed_policy_shows_the_statement_and_not_two_documents():
    text = shown(policy=PropertyDiff(kind="update", old=policy(Read=READ), new=policy(Read={**READ, "Resource": "x"})))
    assert 'policy › Statement[Read].Resource: "*" → "x"' in text
    assert "GetObject" not in text


def test_added_removed_and_replacing_properties_are_marked():
    text = shown(
        a=PropertyDiff(kind="add", new=1),
        b=PropertyDiff(kind="delete-replace", old=2),
        c=PropertyDiff(kind="update-replace", old="x", new=UNKNOWN),
    )
    assert [line.strip() for line in text.splitlines()[2:]] == [
        "+ a: 1",
        "- b: 2  forces a replacement",
        '~ c: "x" → (known after up)  forces a replacement',
    ]


def test_a_secret_document_is_never_looked_into():
    text = shown(token=PropertyDiff(kind="update", old=Secret('{"a": "hunter2"}'), new=Secret('{"a": "hunter3"}')))
    assert "token: [secret] → [secret]" in text
    assert "hunter" not in text


def test_documents_that_differ_only_in_how_they_are_written_say_so():
    text = shown(policy=PropertyDiff(kind="update", old='{"a": 1}', new='{ "a":1 }'))
    assert "written differently" in text


def test_of_many_differences_the_first_are_shown_and_the_rest_counted():
    old, new = ("\n".join(f"{word}{n}" for n in range(60)) for word in ("old", "new"))
    text = shown(script=PropertyDiff(kind="update", old=old, new=new))
    assert "script: 40 more differences" in text
    assert len(text.splitlines()) < 25


def test_two_long_texts_are_cut_around_what_differs():
    old, new = "x" * 300 + "old" + "y" * 300, "x" * 300 + "new" + "y" * 300
    text = render_change(old, new)
    assert "xold" in text
    assert "xnewy" in text
    assert len(text) < 2 * LONGEST


def test_details_show_every_property_of_what_is_new():
    made = resource("lake", "bucket", new={"inputs": {"bucket": "b", "tags": {"team": "a"}, "none": None}})
    text = render_steps([component("lake"), made], color=False, details=True)
    assert [line.strip() for line in text.splitlines()[2:]] == ['+ bucket: "b"', '+ tags: {"team": "a"}']
    assert "bucket:" not in render_steps([component("lake"), made], color=False).replace("bucket:Bucket", "")
