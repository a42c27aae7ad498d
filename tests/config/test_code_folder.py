"""A code folder that is refused is refused by the rule that it breaks, and not by others that it keeps."""

from __future__ import annotations

import pytest

from mlops_iac.config.envelope import _check_code


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("teams/k\u00fc", "has `\u00fc`"),
        ("teams/a:b*", "has `*` `:`"),
        ("teams\\\\x", "forward slashes"),
        ("/teams", "none at its ends"),
        ("teams/", "none at its ends"),
        ("teams//x", "single forward slashes"),
        ("teams/../x", "`..` is not allowed"),
        ("teams/.git", "`.git` is hidden"),
        (".", "`.` is hidden, or the project itself"),
        ("teams/x.", "begins and ends with"),
        ("x" * 201, "201 characters long"),
    ],
)
def test_the_rule_that_is_broken_is_told(code, said):
    assert said in (_check_code(code) or "")


@pytest.mark.parametrize("code", ["teams/x", "a b/c_d", "x", "teams/x+y@1.0", "examples/screening"])
def test_a_folder_that_keeps_the_rules_is_taken(code):
    assert _check_code(code) is None
