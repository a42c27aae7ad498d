"""The embedded cloud as a database: what it acknowledged and saved is there after a kill at any moment, and all that it
acknowledged after a stop.

Each part changes itself at random (``MLOPS_IAC_SEED`` repeats a sequence). A part that keeps something under a name
that no test has yet is found by itself.
"""

from __future__ import annotations

import ast
import os
import random
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from mlops_iac.cloud.studio import things
from tests.cloud.conftest import Cloud, Images
from tests.cloud.kept import WORLDS
from tests.cloud.kept.world import World

ROUNDS, MOST_DEEDS, LOOKED_AT = 5, 5, 8
SEED: Final = int(os.environ.get("MLOPS_IAC_SEED") or 7)

ELSEWHERE: Final = {
    "clock": "tests/e2e/test_killed_at_random.py",
    "ended": "tests/cloud/test_keeping.py",
    "metered-jobs": "tests/e2e/test_budget_action.py",
    "mwaa.environments": "tests/e2e/test_killed_at_random.py",
    "redshift-data.statements": "tests/cloud/warehouse/test_keeping.py",
    "sagemaker.mlflow-apps": "tests/cloud/test_mlflow.py",
    "trail-digests": "tests/cloud/trail/test_killed.py",
    "trail-keys": "tests/cloud/trail/test_killed.py",
    "trail-status": "tests/cloud/trail/test_killed.py",
}
"""Names in the store that other tests hold to the same, each with the file."""


@pytest.mark.parametrize("kind", WORLDS, ids=lambda kind: kind.__name__.lower())
def test_what_was_saved_is_there_after_a_kill_and_what_was_said_after_a_stop(
    kind: type[World], start_cloud: Callable[..., Cloud], images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_iac.cloud.keeping.SAVE_AFTER", 3600)  # only this test saves
    monkeypatch.setattr(things, "MOMENT", 0)
    chance = random.Random(SEED)
    cloud = start_cloud(images.home, kind.installs)
    world = kind(cloud, chance)
    assert cloud.server.save()
    saved, moments = [world.seen()], []
    images.begin()
    for _ in range(ROUNDS):
        for _ in range(chance.randint(1, MOST_DEEDS)):
            world.act()
        moments.append((len(images.taken), saved[-1:]))
        assert cloud.server.save()
        saved.append(world.seen())
        moments.append((len(images.taken), saved[-2:]))
    images.end()
    world.act()
    last = world.seen()
    cloud.server.stop()

    world.cloud = start_cloud(images.home, kind.installs)
    assert world.seen() == last
    world.cloud.server.stop()
    for number in sorted(chance.sample(range(len(images.taken)), min(LOOKED_AT, len(images.taken)))):
        call, image = images.taken[number]
        world.cloud = start_cloud(image, kind.installs)
        allowed = next(allowed for until, allowed in moments if number < until)
        assert world.seen() in allowed, f"seed {SEED}, killed at {call} number {number}"
        world.cloud.server.stop()


def test_every_name_in_the_store_is_held_by_a_test() -> None:
    held = set[str]().union(*(kind.stores for kind in WORLDS))
    found = {*names_in_the_store()}
    assert found - held - {*ELSEWHERE} == set(), "give them a world, or say which test holds them"
    assert (held | {*ELSEWHERE}) - found == set(), "nothing keeps these any more"


def names_in_the_store() -> Iterator[str]:
    """What stands between the brackets of `….store[…]` in the cloud's code; ``*`` where a part of it is computed."""
    package = Path(import_module("mlops_iac.cloud").__path__[0])
    for file in package.rglob("*.py"):
        module = ".".join(("mlops_iac", *file.relative_to(package.parent).with_suffix("").parts))
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("gateway.store"):
                yield from _told(node.slice, module)


def _told(name: ast.expr, module: str) -> Iterator[str]:
    if isinstance(name, ast.Constant):
        yield str(name.value)
    elif isinstance(name, ast.Name):
        said: Any = getattr(import_module(module), name.id, None)
        if isinstance(said, str):
            yield said
    elif isinstance(name, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in name.values)
