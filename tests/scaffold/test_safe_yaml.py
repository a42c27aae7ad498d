"""Values written as YAML are read back as themselves, by our reader and by YAML 1.1's."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_iac.config.document import parse_document
from mlops_iac.scaffold.safe_yaml import block, flow, scalar

from .test_stack_file import HOSTILE

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\n\t"), max_size=40)
VALUES = st.recursive(
    st.one_of(
        TEXT, st.integers(-(10**17), 10**17), st.booleans(), st.none(), st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT.filter(bool), inner, max_size=3)),
    max_leaves=8,
)


def test_hostile_text_stays_text():
    for value in HOSTILE:
        if value == "\ud800":
            continue
        written = scalar(value)
        assert "\n" not in written
        assert yaml.safe_load(f"a: {written}") == {"a": value}


def test_words_that_look_like_words_need_no_quotes():
    assert [scalar(value) for value in ("screening", "eu-west-1", "examples/screening", "a@b.org")] == [
        "screening",
        "eu-west-1",
        "examples/screening",
        "a@b.org",
    ]


@given(VALUES)
@settings(deadline=None)
def test_a_value_on_one_line_is_read_back_as_itself(value):
    assert parse_document(f"a: {flow(value)}\n", "x").values == {"a": value}


@given(st.dictionaries(TEXT.filter(bool), VALUES, min_size=1, max_size=3))
@settings(deadline=None)
def test_a_block_is_read_back_as_itself(value):
    assert parse_document("\n".join(block(value, width=30)) + "\n", "x").values == value
