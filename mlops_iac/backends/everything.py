"""Every stack of a project previewed in one go: what is imported is imported once, and cores share the stacks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_iac.core import exit_codes
from mlops_iac.core.errors import MlopsError


@dataclass(frozen=True, kw_only=True)
class Previewed:
    """One stack's preview as plain values, which can be sent between processes."""

    stack: str
    seconds: float
    changes: Mapping[str, int] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    """The object of ``preview --json``, or of an error."""
    error: MlopsError | None = None

    @property
    def exit_code(self) -> int:
        return self.error.exit_code if self.error else exit_codes.OK

    @property
    def changed(self) -> bool:
        return any(count for op, count in self.changes.items() if op not in ("same", "read"))


def preview_stacks(root: Path, stacks: Sequence[str], *, home: Path | None = None) -> Iterator[Previewed]:
    """Preview each stack, in the order given. An error of one is its result, and does not keep the others back.

    ``home`` holds the states; left out, it is the project's own.
    """
    if not stacks:
        return
    yield _preview(root, stacks[0], home)  # here, so that what it imports is there for the processes that follow
    rest = list(stacks[1:])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores == 1 or len(rest) < 2 * cores or not hasattr(os, "fork"):
        yield from (_preview(root, stack, home) for stack in rest)
    else:
        yield from _shared(root, rest, home, cores)


def worst_code(previews: Sequence[Previewed]) -> int:
    """The exit code that says most: any error before none, and of errors the highest."""
    return max((preview.exit_code for preview in previews), default=exit_codes.OK)


def _shared(root: Path, stacks: Sequence[str], home: Path | None, cores: int) -> Iterator[Previewed]:
    import gc
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial

    gc.freeze()  # what is there now is shared with the processes as long as nobody touches it
    pool = ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("fork"))
    with pool:
        yield from pool.map(partial(_preview, root, home=home), stacks, chunksize=4)


def _preview(root: Path, stack: str, home: Path | None) -> Previewed:
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.render.pulumi_json import result_json

    started = time.perf_counter()
    try:
        result = EmbeddedBackend(root, stack, home=home).preview()
        if result.error is not None:
            raise result.error
    except Exception as error:
        return _failed(stack, time.perf_counter() - started, error)
    seconds = time.perf_counter() - started
    return Previewed(stack=stack, seconds=seconds, changes=dict(result.changes), body=result_json(result))


def _failed(stack: str, seconds: float, error: Exception) -> Previewed:
    from mlops_iac.render.errors import error_json

    if not isinstance(error, MlopsError):
        error = MlopsError("The program raised an exception.", f"{type(error).__name__}: {error}")
    plain = MlopsError.of(error.problems)  # the error itself may hold what cannot be sent between processes
    plain.exit_code = error.exit_code
    return Previewed(stack=stack, seconds=seconds, body=error_json(error), error=plain)
