"""Random programs, random trouble: the state stays true, nothing is lost, nothing is made twice.

``MLOPS_IAC_RANDOM_PROGRAMS`` is how many programs to try; more than the usual number are other ones each time.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from tests.engine_random.life import Life
from tests.engine_random.parts import Story, stories

USUAL = 1000
PROGRAMS = int(os.environ.get("MLOPS_IAC_RANDOM_PROGRAMS", USUAL))
SHARDS = 4
"""So that workers can share them."""

FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def live(story: Story) -> None:
    with tempfile.TemporaryDirectory(dir=FAST) as folder:
        Life(Path(folder), story.parallel).live(story)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_whatever_happens_the_state_stays_true_and_the_next_up_mends_it(shard: int) -> None:
    @settings(
        max_examples=-(-PROGRAMS // SHARDS),
        deadline=None,
        database=None,
        print_blob=True,
        verbosity=Verbosity.normal,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    @given(story=stories())
    def any_story(story: Story) -> None:
        live(story)

    (seed(shard) if PROGRAMS == USUAL else lambda test: test)(any_story)()
