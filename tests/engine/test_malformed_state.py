"""A state or an export with any one value of the wrong kind is told as damaged, and no path in it is touched."""

from __future__ import annotations

import contextlib
import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import MlopsError, StateError
from mlops_iac.engine.state.exports import parse_export, read_deployment
from mlops_iac.engine.state.state_file import decode_clear, read_resources
from mlops_iac.engine.values import signatures as sig
from mlops_iac.engine.values.hidden import decode_hidden
from tests.engine.conftest import Stack
from tests.engine.programs import Thing

WRONG = (
    None,
    1,
    "x",
    [],
    {},
    [1],
    {"a": 1},
    [[]],
    [None],
    True,
    {sig.KEY: sig.SECRET},
    {sig.KEY: sig.ASSET, "path": 1},
)


def program() -> None:
    first = Thing("first", label="first", size=1)
    Thing("second", label="second", of=first.arn)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(document)
    inside = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return changed


def test_one_wrong_value_anywhere_is_read_or_told(stack: Stack) -> None:
    stack.up(program)
    latest = json.loads(stack.file.read_text())["checkpoint"]["latest"]
    export = {"version": 3, "deployment": latest}
    tried = 0
    for path in places(export):
        for value in WRONG:
            text = json.dumps(replaced(export, path, value))
            tried += 1
            with contextlib.suppress(MlopsError):
                read_resources(read_deployment(text, "x.json"), decode_hidden, place="x.json")
            with contextlib.suppress(MlopsError):
                parse_export(text, lambda: "pass", stack="dev", project="lab", place="x.json")
    assert tried > 500


def test_one_wrong_value_of_a_resource_is_previewed_or_told(stack: Stack) -> None:
    """What the reader lets through, the rest of the engine takes too."""
    stack.up(program)
    document = json.loads(stack.file.read_text())
    resources = document["checkpoint"]["latest"]["resources"]
    last = ("checkpoint", "latest", "resources", len(resources) - 1)
    told = 0
    for path in [path for path in places(resources[-1]) if len(path) == 1]:
        for value in ([1], {"a": 1}, "x", 1):
            stack.file.write_text(json.dumps(replaced(document, (*last, *path), value)))
            try:
                stack.preview(program)
            except StateError:
                told += 1
    assert told > 20


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A pipe that nobody writes to: whoever opens it waits for ever."""
    os.mkfifo(tmp_path / "endless")
    return tmp_path / "endless"


@pytest.mark.parametrize("mark", [sig.ASSET, sig.ARCHIVE])
def test_a_path_in_an_export_is_never_touched(mark: str, endless: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    for path in (endless, secret, Path("/dev/zero")):
        value = {sig.KEY: mark, "path": str(path)}
        for found in (decode_hidden(value), decode_clear(json.dumps(value), decode_hidden)):
            assert (found.path, found.hash) == (str(path), "")


def test_a_program_that_names_a_pipe_or_a_device_does_not_wait_for_it(endless: Path) -> None:
    from mlops_iac.engine.values.content import hashed
    from mlops_iac.engine.values.value import Asset

    assert hashed(Asset(path=str(endless))).hash == hashed(Asset(path="/dev/zero")).hash == ""
