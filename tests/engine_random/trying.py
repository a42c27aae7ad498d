"""Tries random stories, and keeps those that fail as they are printed."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.engine_random.life import Life
from tests.engine_random.parts import Act, Fault, Part, Story, Version, stories
from tests.engine_random.watchdog import watched

USUAL = 1000
"""Programs of a usual test run, which are always the same ones."""

PROGRAMS = int(os.environ.get("MLOPS_IAC_RANDOM_PROGRAMS", USUAL))
"""How many to try; another number than the usual one tries other programs each time."""

PROGRAMS_IN_A_STORY = 2
"""At the least: each story has two or three versions of a program, and deploys most of them more than once."""

SHARDS = 4
"""Test files that share them, so that workers can."""

LOOKING_FOR_LESS = 60.0
"""Seconds for making a story that failed smaller."""

FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def live(story: Story) -> None:
    """One story from its beginning to its end, on a disk in memory where there is one."""
    with tempfile.TemporaryDirectory(dir=FAST) as folder, watched(shortly(story)):
        Life(Path(folder), story).live(story)


def try_many(shard: int) -> None:
    """This shard's part of the programs. One that fails is made smaller, for a while, and then raised with its text."""
    failed: list[tuple[Story, BaseException]] = []
    until = [float("inf")]

    @settings(
        max_examples=-(-PROGRAMS // (SHARDS * PROGRAMS_IN_A_STORY)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(story=stories())
    def any_story(story: Story) -> None:
        if time.monotonic() > until[0]:
            return
        try:
            live(story)
        except Exception as error:
            failed.append((story, error))
            until[0] = min(until[0], time.monotonic() + LOOKING_FOR_LESS)
            raise

    try:
        (seed(shard)(any_story) if PROGRAMS == USUAL else any_story)()
    except BaseException:
        if not failed:
            raise
    if failed:
        story, error = min(failed, key=lambda item: len(shortly(item[0])))
        raise AssertionError(f"{error}\nKeep it as a case in tests/engine_random/cases:\n{shortly(story)}") from error


def shortly(value: Any) -> str:
    """A story as Python text, without what is as usual. `read_story` reads it."""
    if dataclasses.is_dataclass(value):
        fields = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        told = [f"{field.name}={shortly(content)}" for field, content in fields if content != field.default]
        return f"{type(value).__name__}({', '.join(told)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(shortly, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def read_story(text: str) -> Story:
    """What `shortly` wrote. Only for the cases in this folder: it is Python that is run."""
    names = {kind.__name__: kind for kind in (Act, Fault, Part, Story, Version)}
    story: Story = eval(text, {"__builtins__": {}}, names)
    return story
