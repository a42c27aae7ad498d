"""Data stays data in each medium: it steers no terminal, is no markup, ends no quotes."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from mlops_iac.render import escape
from mlops_iac.render.style import Style
from mlops_iac.render.tables import render_markdown_table

HOSTILE = st.text(
    st.sampled_from(list("ab`|<>&@\\*_[]()#!~\"' \n\r\t\x1b[]0;m31\x07\x08\x7f\x9b\x9d\u202e\u2066\u2028\u200f")),
    max_size=40,
) | st.text(max_size=20)
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


@given(HOSTILE)
def test_a_terminal_is_not_steered(text: str) -> None:
    assert not STEERS.search(escape.terminal(text, color=False))
    colored = escape.terminal(text, color=True)
    assert not STEERS.search(re.sub(r"\x1b\[(?:[012]|3[1-5])(?:;(?:[12]|3[1-5]))*m", "", colored))
    assert not Text.from_ansi(colored).spans or "\x1b[" in text


@given(HOSTILE)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    if not STEERS.search(text):
        assert escape.terminal(text, color=False) == text
    once = escape.terminal(text, color=False)
    assert escape.terminal(once, color=False) == once


@given(HOSTILE)
def test_json_stays_json_of_the_same_value(text: str) -> None:
    for ascii_only in (True, False):
        shown = escape.terminal(json.dumps({"a": text}, indent=2, ensure_ascii=ascii_only), color=False)
        assert json.loads(shown) == {"a": text}


def test_our_own_colours_pass_and_others_do_not() -> None:
    ours = Style(True).paint("x", "red", "bold")
    assert escape.terminal(ours, color=True) == ours
    assert escape.terminal(ours, color=False) == "\\x1b[31;1mx\\x1b[0m"
    for foreign in ("\x1b[2J", "\x1b]0;title\x07", "\x1b[8mhidden", "\x1b]8;;http://x\x1b\\y", "\x1b[?25l", "\x9b2J"):
        assert not STEERS.search(escape.terminal(foreign, color=True))


@given(HOSTILE)
def test_code_does_not_leave_its_span(text: str) -> None:
    """CommonMark 6.1: a span ends at the first run of backticks as long as the one that opened it."""
    span = escape.code_span(text)
    fence = re.match(r"`+", span)
    assert fence is not None
    if span.strip("`"):
        inside = span[len(fence[0]) : -len(fence[0])]
        assert span.endswith(fence[0])
        assert fence[0] not in re.findall(r"`+", inside)
    assert "\n" not in span


@given(HOSTILE)
def test_a_block_of_code_ends_where_we_end_it(text: str) -> None:
    first, *inside, last = escape.code_block(text).split("\n")
    assert first == f"{last}text"
    assert not any(line.strip().startswith(last) for line in inside)


@given(HOSTILE)
def test_text_in_markdown_is_no_markup_and_mentions_nobody(text: str) -> None:
    shown = escape.markdown(text)
    assert "<" not in shown
    assert not re.search(r"@[A-Za-z]", shown)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]|~]", shown)
    assert "\n" not in shown


@given(HOSTILE, HOSTILE)
def test_a_table_keeps_its_cells(one: str, two: str) -> None:
    table = render_markdown_table(("a", "b"), [(escape.code_span(one), escape.markdown(two))])
    lines = table.split("\n")
    assert len(lines) == 3
    assert len(re.findall(r"(?<!\\)\|", lines[2])) == 3


@given(HOSTILE)
def test_quotes_of_graphs_are_not_ended(text: str) -> None:
    assert not set('"<>\n`') & set(escape.mermaid(text))
    assert not re.search(r'(?<!\\)(?:\\\\)*"', escape.dot(text))
    assert not re.search(r"(?<!\\)(?:\\\\)*\\$", escape.dot(text))


@pytest.mark.parametrize("name", ["a`<img src=x>", "`@everyone`", "``", "`", " ", ""])
def test_names_that_left_their_code_span_do_not(name: str) -> None:
    fence = re.match(r"`+", escape.code_span(name))
    assert fence is not None
    assert fence[0] not in re.findall(r"`+", name)
