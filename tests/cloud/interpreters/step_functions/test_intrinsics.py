from __future__ import annotations

import pytest

from mlops_iac.cloud.interpreters.step_functions.intrinsics import FormatError, fill, unescape


def test_escapes_stand_for_the_character_after_the_backslash():
    assert unescape(r"it\'s \{a\} \\ b") == r"it's {a} \ b"


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("{}-{}", ["a", "b"], "a-b"),
        (r"\{\"x\": {}\}".replace('\\"', '"'), ["1"], '{"x": 1}'),
        (r"\\{}", ["a"], "\\a"),
        ("none", [], "none"),
        ("{}", ["{}"], "{}"),
    ],
)
def test_a_template_is_filled_from_left_to_right(template, values, text):
    assert fill(template, values) == text


def test_values_that_do_not_fit_the_template_are_an_error():
    with pytest.raises(FormatError, match="1 places for 2 values"):
        fill("{}", ["a", "b"])
