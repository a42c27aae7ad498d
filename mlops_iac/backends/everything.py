"""Every stack of a project previewed in one go: what is imported is imported once, and cores share the stacks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mlops_iac.core import exit_codes
from mlops_iac.core.errors import MlopsError
from mlops_iac.core.exceptions import explain
from mlops_iac.engine.event import Result, has_changes

Render = Callable[[Result], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Previewed:
    """One stack's preview as plain values, which can be sent between processes."""

    stack: str
    seconds: float
    changes: Mapping[str, int] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    """What ``render`` made of the result; empty beside an error."""
    error: MlopsError | None = None

    @property
    def exit_code(self) -> int:
        return self.error.exit_code if self.error else exit_codes.OK

    @property
    def changed(self) -> bool:
        return has_changes(self.changes)


def preview_stacks(
    root: Path, stacks: Sequence[str], render: Render, *, home: Path | None = None
) -> Iterator[Previewed]:
    """Preview each stack, in the order given. An error of one is its result, and does not keep the others back.

    ``render`` is a module's own function: other processes call it. ``home`` holds the states; left out, it is the
    project's own.
    """
    if not stacks:
        return
    preview = partial(_preview, root, home, render)
    yield preview(stacks[0])  # here, so that what it imports is there for the processes that follow
    rest = list(stacks[1:])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores == 1 or len(rest) < 2 * cores or not hasattr(os, "fork"):
        yield from map(preview, rest)
    else:
        yield from _shared(preview, rest, cores)


def worst_code(previews: Sequence[Previewed]) -> int:
    """The exit code that says most: any error before none, and of errors the highest."""
    return max((preview.exit_code for preview in previews), default=exit_codes.OK)


def _shared(preview: Callable[[str], Previewed], stacks: Sequence[str], cores: int) -> Iterator[Previewed]:
    import gc
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    gc.freeze()  # what is there now is shared with the processes as long as nobody touches it
    # A command looks for garbage after a million objects. Here it is to look after each preview, which leaves 20,000:
    # what the next one finds, it takes for something that stays.
    often = partial(gc.set_threshold, 10_000, 50, 50)
    pool = ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("fork"), initializer=often)
    with pool:
        yield from pool.map(preview, stacks, chunksize=4)


def _preview(root: Path, home: Path | None, render: Render, stack: str) -> Previewed:
    from mlops_iac.backends.embedded import EmbeddedBackend

    started = time.perf_counter()
    try:
        result = EmbeddedBackend(root, stack, home=home).preview()
        if result.error is not None:
            raise result.error
        body = render(result)
    except Exception as error:  # one of ours can be sent between processes, a program's own may not
        return Previewed(stack=stack, seconds=time.perf_counter() - started, error=explain(error))
    return Previewed(stack=stack, seconds=time.perf_counter() - started, changes=dict(result.changes), body=body)
