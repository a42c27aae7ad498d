"""Whatever is in a stack file: a StackConfig or a ConfigError in printable words, never another error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_iac.config import document
from mlops_iac.config.document import parse_document
from mlops_iac.config.envelope import Envelope
from mlops_iac.config.load import check_stack
from mlops_iac.config.text import decode
from mlops_iac.core.errors import ConfigError

from .conftest import HEAD, Options

KEYS = st.sampled_from(
    [
        *Options.model_fields,
        *("files", "kind", "cores", "max_nodes", "instance_type", "name", "version", "metric", "at_least", "secure"),
        *("a.b", "0", "gpu", "cpu", "int", "str", "Gate", "[key]", "", "~", "mlops-iac:team", "aws:region"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    KEYS,
    st.sampled_from(["\ud800", "\0", "\x1b"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=10,
)
CONFIG_KEYS = st.sampled_from(
    [
        *(f"mlops-iac:{key}" for key in (*Envelope.model_fields, "x", "")),
        *("aws:region", "aws:profile", "aws:token", "x:y", ":", "x", ":x", ""),
    ]
)


def check(data: bytes) -> None:
    """Load bytes as a stack file; anything but a ConfigError fails the test."""
    try:
        parsed = parse_document(decode(data, "x.yaml"), "x.yaml")
        check_stack(parsed, Path("/nowhere"), "screening-dev", ["screening-dev"], lambda name: Options)
        return
    except ConfigError as caught:
        error = caught
    assert all(c.isprintable() or c == "\n" for c in str(error)), ascii(str(error))
    assert all(problem.summary and problem.file for problem in error.problems)


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_any_options(value):
    check(f"{HEAD}  mlops-iac:options: {json.dumps(value)}\n".encode())


@given(st.dictionaries(CONFIG_KEYS, VALUES, max_size=10))
@settings(max_examples=120, deadline=None)
def test_any_settings(config):
    check(json.dumps({"config": config}).encode())


@given(st.one_of(VALUES.map(json.dumps), st.text()), st.booleans())
@settings(max_examples=120, deadline=None)
def test_any_text(text, behind_a_head):
    check(((HEAD if behind_a_head else "") + text).encode(errors="surrogatepass"))


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes(data):
    check(data)


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_any_small_change_to_a_good_file(data):
    text = HEAD + "  mlops-iac:options:\n    gate: {at_least: 0.9}\n    pools:\n      - kind: cpu\n      - kind: gpu\n"
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    new = data.draw(
        st.one_of(st.text(max_size=4), st.sampled_from([":", "- ", "{", "]", "&a ", "*a", "!x ", "\n", "|", "'", '"']))
    )
    check((text[:start] + new + text[end:]).encode(errors="surrogatepass"))


@pytest.mark.parametrize("escape", [r"\ud800", r"\0", r"\e", r"\u202e", r"\U0010ffff", r"\N", r"\x7f"])
@pytest.mark.parametrize(
    "key", ["mlops-iac:team", "mlops-iac:options", "mlops-iac:owner", "aws:region", "x:y", "mlops-iac:tags"]
)
@pytest.mark.parametrize("loader", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
def test_an_escape_in_quotes(key, escape, loader, monkeypatch):
    monkeypatch.setattr(document, "_Loader", loader)
    head = "\n".join(line for line in HEAD.splitlines() if not line.startswith(f"  {key}:"))
    for value in (f'"{escape}"', f'{{"{escape}": x}}', f'{{a: "{escape}"}}', f"""'{{"{escape}": "{escape}"}}'"""):
        check(f"{head}\n  {key}: {value}\n".encode())
