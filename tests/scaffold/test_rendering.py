"""Templates are rendered in a sandbox, and a value that is missing is an error."""

from __future__ import annotations

import jinja2
import pytest

from mlops_iac.scaffold import rendering


@pytest.fixture
def template(tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "TEMPLATES", tmp_path)
    return (tmp_path / "one.j2").write_text


@pytest.mark.parametrize(
    "text", ["{{ ''.__class__.__mro__ }}", "{{ value.__init__.__globals__ }}", "{{ value.append(1) }}"]
)
def test_a_template_cannot_reach_python(template, text):
    template(text)
    with pytest.raises(jinja2.exceptions.SecurityError):
        rendering.render("one", value=[])


def test_a_name_without_a_value_is_an_error(template):
    template("{{ nobody }}")
    with pytest.raises(jinja2.exceptions.UndefinedError):
        rendering.render("one")


def test_a_value_is_never_read_as_a_template(template):
    template("{{ value }}")
    assert rendering.render("one", value="{{ 1 + 1 }}") == "{{ 1 + 1 }}"
