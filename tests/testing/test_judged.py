"""The fixture `policies`, in a team's test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlops_iac.core.errors import StackNotFound
from mlops_iac.testing.judged import Judged


def test_a_team_sees_that_nothing_is_refused(policies: Callable[[str], Judged]) -> None:
    found = policies("screening-dev")
    assert found.refused == []
    assert {one.rule for one in found.findings} == {"flow-logs"}


def test_a_stack_that_is_not_there_is_told_as_everywhere(policies: Callable[[str], Judged]) -> None:
    with pytest.raises(StackNotFound):
        policies("nobody-dev")
