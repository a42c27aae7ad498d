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

Render = Callable[[str, Result], Any]


@dataclass(frozen=True, kw_only=True)
class Previewed:
    """One stack's preview as plain values, which can be sent between processes."""

    stack: str
    seconds: float
    changes: Mapping[str, int] = field(default_factory=dict)
    body: Any = None
    """What ``render`` made of the result; None beside an error."""
    error: MlopsError | None = None
    is_refused: bool = False
    """A policy would refuse the `up`; the body says which."""

    @property
    def exit_code(self) -> int:
        if self.error:
            return self.error.exit_code
        return exit_codes.POLICY if self.is_refused else exit_codes.OK

    @property
    def changed(self) -> bool:
        return has_changes(self.changes)


def preview_stacks(
    root: Path, stacks: Sequence[str], render: Render, *, home: Path | None = None, exports: Path | None = None
) -> Iterator[Previewed]:
    """Preview each stack, in the order given. An error of one is its result, and does not keep the others back.

    ``render`` takes a stack and its result; it is a module's own function, as other processes call it. ``home`` holds
    the states; left out, it is the project's own. ``exports`` is a folder with STACK.json of each stack that is
    deployed elsewhere; given, nothing else is compared with.
    """
    if not stacks:
        return
    preview = partial(_preview, root, home, exports, render)
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


def _preview(root: Path, home: Path | None, exports: Path | None, render: Render, stack: str) -> Previewed:
    started = time.perf_counter()
    try:
        result = _compare(root, exports, stack) if exports else _foresee(root, home, stack)
        if result.error is not None:
            raise result.error
        body = render(stack, result)
    except Exception as error:  # one of ours can be sent between processes, a program's own may not
        return Previewed(stack=stack, seconds=time.perf_counter() - started, error=explain(error))
    return Previewed(
        stack=stack,
        seconds=time.perf_counter() - started,
        changes=dict(result.changes),
        body=body,
        is_refused=result.policy is not None and result.policy.refuses,
    )


def _foresee(root: Path, home: Path | None, stack: str) -> Result:
    from mlops_iac.backends.embedded import EmbeddedBackend

    return EmbeddedBackend(root, stack, home=home).preview()


def _compare(root: Path, exports: Path, stack: str) -> Result:
    """A stack without an export was never deployed: all of it is new."""
    from mlops_iac.backends.exported import NOTHING, compare

    file = exports / f"{stack}.json"
    text = file.read_text("utf-8") if file.exists() else NOTHING
    return compare(root, stack, text, place=str(file)).result
