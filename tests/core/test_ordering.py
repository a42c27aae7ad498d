"""Names in the order in which people expect them."""

from __future__ import annotations

import random

from mlops_iac.core.ordering import natural
from mlops_iac.core.suggestions import did_you_mean


def test_numbers_count_by_their_value():
    expected = ["a", "team1-dev", "team2-dev", "team2-prod", "team010-dev", "team10-dev", "teams-dev"]
    shuffled = random.Random(1).sample(expected, len(expected))
    assert sorted(shuffled, key=natural) == expected


def test_any_two_names_can_be_compared():
    names = ["", "1", "a1", "1a", "a-1", "-", "a1b2", "²", "a²"]
    expected = ["", "1", "1a", "-", "a1", "a1b2", "a-1", "a²", "²"]
    assert sorted(names, key=natural) == expected


def test_names_that_are_offered_stand_in_this_order():
    assert did_you_mean("xyzzy", ["team10", "team2"]) == "known here: `team2`, `team10`."
