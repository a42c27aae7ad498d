"""A quarter of the random programs: a file of its own, so that another worker can take it."""

from __future__ import annotations

from tests.engine_random.trying import try_many


def test_whatever_happens_the_state_stays_true_and_the_next_up_mends_it() -> None:
    try_many(3)
