"""Runs a program: its event loop, the threads that answer it, and an end when it can have none of its own."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import threading
from collections.abc import Callable
from typing import Any

from pulumi.runtime import config as pulumi_config
from pulumi.runtime.settings import ROOT, SETTINGS, Settings, configure
from pulumi.runtime.stack import run_in_stack

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.program.callbacks import Callbacks
from mlops_iac.engine.program.monitor import Engine, Log, Monitor, Run
from mlops_iac.engine.program.sdk import leave_out
from mlops_iac.engine.program.workers import Workers
from mlops_iac.engine.state.state_file import ORGANIZATION

LOOK = 0.25
"""Seconds between two looks at whether the program is to be stopped, or stands still."""

PATIENCE = 2.0
"""Seconds in which nothing at all moves, after which a program is taken to wait for itself."""


LEFT = 200_000
"""Objects that a run leaves, above which they are collected before the next one; a thousand resources leave as many."""


class _Stopped(Exception):
    """The person wants no more of the program."""


Finish = Callable[[Exception | None], object]
"""What is done when the program is over; it is given what the program raised."""


def run_program(program: Callable[[], object], run: Run, engine: Engine, finish: Finish) -> None:
    """Run a program until every registration is answered, then ``finish``.

    The SDK keeps what it knows in context variables: a copied context leaves nothing behind for the next run.
    """
    with _no_collector:
        contextvars.copy_context().run(_run, program, run, engine, finish)


def _run(program: Callable[[], object], run: Run, engine: Engine, finish: Finish) -> None:
    raised: list[Exception] = []

    async def guarded() -> None:
        try:
            answer = program()
            if inspect.isawaitable(answer):
                await answer
        except Exception as error:
            raised.append(error)
            raise
        except KeyboardInterrupt:
            interrupted.set()  # the SDK would wait for all calls before it raises this again
            raise
        await _all_outputs()

    interrupted = threading.Event()
    others = frozenset(threading.enumerate())
    loop = asyncio.new_event_loop()
    workers = Workers(run.parallel, inline=lambda: run.dry and not callbacks.is_used)
    monitor = Monitor(engine, run)
    callbacks = monitor.callbacks = Callbacks(monitor, loop, workers)
    loop.set_default_executor(workers)
    # A failed task is answered by what it makes fail; asyncio would print it once more.
    loop.set_exception_handler(lambda loop, context: None)
    is_over = False
    try:
        _prepare(run, engine, monitor, callbacks)
        problem = _drive(_watched(run_in_stack(guarded), run, loop, workers, others, interrupted), loop)
        problem = raised[0] if raised and problem else problem
        has_functions = callbacks.is_used
        if has_functions:  # its hooks may be asked until the very end, and run on its loop
            loop.run_until_complete(loop.run_in_executor(None, finish, problem))
        is_over = True
    finally:
        _close(loop, workers, wait=is_over)
    if not has_functions:
        finish(problem)


def _drive(watched: Any, loop: asyncio.AbstractEventLoop) -> Exception | None:
    """Answers what ended the program, if it did not end well."""
    try:
        loop.run_until_complete(watched)
    except _Stopped:
        return None
    except Exception as error:
        return error
    return None


async def _all_outputs() -> None:
    """Wait until every output is settled; the SDK raises those that failed.

    The SDK would do so as well, but starts anew over all of them whenever one is settled, which takes quadratic time:
    16 of 20 seconds for 2,000 resources that are made one after the other.
    """
    while pending := [task for task in SETTINGS.outputs if not task.done()]:
        await asyncio.wait(pending)


async def _watched(
    stack: Any,
    run: Run,
    loop: asyncio.AbstractEventLoop,
    workers: Workers,
    others: frozenset[threading.Thread],
    interrupted: threading.Event,
) -> None:
    """Wait for the program, unless it is to be stopped or waits for itself."""
    main = asyncio.ensure_future(stack)
    still = 0.0
    while not main.done():
        await asyncio.wait({main}, timeout=LOOK)
        if main.done():
            break
        if interrupted.is_set():
            raise KeyboardInterrupt
        if run.stopping() and workers.is_idle:
            raise _Stopped
        still = still + LOOK if _stands_still(loop, workers, others) else 0.0
        if still >= PATIENCE:
            raise _waits_for_itself()
    main.result()


def _stands_still(loop: Any, workers: Workers, others: frozenset[threading.Thread]) -> bool:
    """Whether nobody is left who could wake the program: no call, no timer, no connection, no thread of its own."""
    ours = {*others, *workers.threads}
    return (
        workers.is_idle
        and not getattr(loop, "_ready", True)
        and not getattr(loop, "_scheduled", True)
        and len(loop._selector.get_map()) <= 1
        and all(thread in ours or thread.daemon for thread in threading.enumerate())
    )


def _waits_for_itself() -> PlanError:
    names = sorted(
        f"{names['name']} ({names['ty']})"
        for task in asyncio.all_tasks()
        if (names := _waiting_registration(task)) is not None
    )
    return PlanError(
        "The program waits for itself.",
        "These resources wait for one another, and none of them can be registered:\n" + "\n".join(names),
        hint="a resource that `depends_on` a component waits for all of the component's children: break the circle.",
    )


def _waiting_registration(task: Any) -> dict[str, Any] | None:
    """The SDK's local names in a registration that waits for its inputs."""
    coroutine = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None)
    if frame is None or not coroutine.__qualname__.endswith("register_resource.<locals>.do_register"):
        return None
    return frame.f_locals if {"name", "ty"} <= frame.f_locals.keys() else None


def _prepare(run: Run, engine: Engine, monitor: Monitor, callbacks: Callbacks) -> None:
    ROOT.set(None)
    settings = Settings(
        project=run.project,
        stack=run.stack,
        organization=ORGANIZATION,
        monitor=monitor,
        engine=Log(engine),
        parallel=run.parallel,
        dry_run=run.dry,
        root_directory=run.root,
    )
    configure(settings)
    SETTINGS.callbacks = callbacks
    pulumi_config.set_all_config(dict(run.config), sorted(run.secret_config))
    leave_out()


def _close(loop: asyncio.AbstractEventLoop, workers: Workers, *, wait: bool) -> None:
    """End what the program left running, and the threads."""
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    try:
        if rest:  # a coroutine that never hears of its end complains on stderr when it is collected; one may not listen
            loop.run_until_complete(asyncio.wait(rest, timeout=PATIENCE if wait else LOOK))
        if wait:
            loop.run_until_complete(loop.shutdown_asyncgens())
        workers.shutdown(wait=wait)
    finally:  # Ctrl-C may come here too
        loop.close()


class _NoCollector:
    """A program run is short and makes many objects that live: collections over them were most of its cost.

    Runs may lie within each other, or side by side: the last one to end gives the collector back. What a large one has
    left is collected when another one begins; most processes run one and end.
    """

    def __init__(self) -> None:
        self._running, self._was_on, self._lock = 0, False, threading.Lock()
        self._began_with = 0
        self._has_left_much = False

    def __enter__(self) -> None:
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._was_on = gc.isenabled()
                if self._has_left_much:
                    gc.collect()
                gc.disable()
                self._began_with = gc.get_count()[0]
                gc.freeze()

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                self._has_left_much = gc.get_count()[0] - self._began_with > LEFT
                gc.unfreeze()
                if self._was_on:
                    gc.enable()


_no_collector = _NoCollector()
