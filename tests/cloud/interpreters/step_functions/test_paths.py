"""Which paths lead to one value, and what they lead to."""

from __future__ import annotations

import pytest

from mlops_iac.cloud.interpreters.step_functions.paths import is_definite


@pytest.mark.parametrize(
    ("path", "definite"),
    [
        ("$", True),
        ("$.a.b", True),
        ("$.a[0].b", True),
        ("$['a*b'].c", True),
        ("$.a[*].b", False),
        ("$.a[0:2]", False),
        ("$.a[0,1]", False),
        ("$.a[?(@.b > 1)]", False),
        ("$..b", False),
    ],
)
def test_a_path_without_wildcards_slices_and_filters_leads_to_one_value(path: str, definite: bool) -> None:
    assert is_definite(path) is definite
