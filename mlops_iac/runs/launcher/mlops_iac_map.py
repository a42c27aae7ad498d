"""Runs a team's script once for each item of a list and each index: the script of a ``map`` step's jobs.

    mlops_iac_map.py --map-script fit.py --map-inner 100 --map-item '{"series": "a"}' --map-number 7 --horizon 14

The items are ``--map-item`` (one), ``--map-items-0``, ``--map-items-1`` … (JSON in pieces, as an argument of a job is
short) or ``--map-items-file``; of the last two each instance of the job takes its share. With ``--map-containers`` each
container of an array takes its share of the indices. A task gets its item as arguments (``--column value``, or
``--item value`` when it is no object), ``--index`` when there are several for an item, and then all arguments that are
not ours. In its variables are ``MLOPS_IAC_ITEM`` (JSON), ``MLOPS_IAC_INDEX``, and ``MLOPS_IAC_RESULT``: the file that
it leaves its result in, as JSON. All results go to ``/opt/ml/processing/output/results/part-….jsonl``, a line for each
task of the items that went well; ``failed-….jsonl`` holds the reasons of the others.

A task is in `mlops_iac_tasks.py`, what tasks left in `mlops_iac_results.py`. With ``--map-cache`` the results of tasks
that earlier runs kept are taken, and new ones are kept: `mlops_iac_items.py`.
``plan`` only looks what is kept, and writes an order for each item that is left; ``order`` runs one.

Starting Python and its libraries costs more than most tasks. So this process never has a second thread, imports what
the first task had loaded, and forks for each task: what a task does to its memory, variables or folder ends with it.
A fork is dear by the memory that it changes, so a task does little of ours; this process reads what tasks left, many
at a time.

Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import itertools
import json
import os
import signal
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import mlops_iac_items as lists  # type: ignore[import-not-found,unused-ignore]
from mlops_iac_results import Results  # type: ignore[import-not-found,unused-ignore]
from mlops_iac_tasks import Script, Task  # type: ignore[import-not-found,unused-ignore]

ARRAY_INDEX = "AWS_BATCH_JOB_ARRAY_INDEX"
HOSTS = "/opt/ml/config/resourceconfig.json"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Tasks run beside each other: libraries that take all cores for each would be slower, and dislike forks."""
SCRATCH = "/dev/shm"  # noqa: S108 - the job's own memory; results pass through it
PIECES = "--map-items-"
AT_A_TIME = 200
"""Ended tasks whose results are read together."""


def learn(script: Script, task: Task) -> int:
    """Run the first task alone, then import the libraries that it had loaded; answers its status."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os._exit = told(os._exit, set(sys.modules), writing)
        script.run(task)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        names = pipe.read().split()
    _, status = os.waitpid(child, 0)
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException as error:  # what only that task could import, it imports again
            lists.say(f"{name} is not loaded beforehand: {error}")
    gc.collect()
    gc.freeze()
    return status


def told(end: Any, known: set[str], writing: int) -> Any:
    """An ``os._exit`` that first tells which modules of libraries a task has loaded."""
    folders = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})

    def leave(status: int) -> None:
        loaded = [name for name, module in sys.modules.items() if name not in known and is_library(module, folders)]
        os.write(writing, " ".join(loaded).encode()[:60_000])
        end(status)

    return leave


def is_library(module: Any, folders: tuple[str, ...]) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and (file.startswith(folders) or f"{os.sep}site-packages{os.sep}" in file)


def run_all(script: Script, tasks: Iterator[Task], results: Results, at_once: int) -> None:
    """Run every task, many from one look at the list to the next. What has ended is written down, also when this
    process is told to stop."""
    running: dict[int, Task] = {}
    ended: list[tuple[int, int]] = []
    try:
        for first in itertools.islice(tasks, 1):
            running[0] = first
            ended.append((0, learn(script, first)))
        while some := [*itertools.islice(tasks, AT_A_TIME)]:
            fork_each(script, some, running, ended, at_once)
            results.settle([(running.pop(child), status) for child, status in take(ended)])
        while len(ended) < len(running):
            ended.append(os.wait())
    finally:
        results.settle([(running.pop(child), status) for child, status in take(ended) if child in running])


def fork_each(
    script: Script, tasks: list[Task], running: dict[int, Task], ended: list[tuple[int, int]], at_once: int
) -> None:
    """Nothing else happens here: each page of memory that is written between two forks is copied."""
    count = len(running) - len(ended)
    for task in tasks:
        if count == at_once:
            ended.append(os.wait())
            count -= 1
        child = os.fork()
        if not child:
            script.run(task)
        running[child] = task
        count += 1


def take(ended: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """All of them; they are in the list no more."""
    found = [*ended]
    ended.clear()
    return found


def remove(folder: Path) -> None:
    """What tasks left in it that nobody read, and the folder. A task that goes on writes nowhere."""
    for file in [*folder.iterdir()]:
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def make_tasks(script: Script, inner: int, work: Work, results: Results, scratch: Path) -> Iterator[Task]:
    """The tasks that are left to do."""
    for number, item in work.items:
        keys = lists.Keys(work.base, item)
        known = lists.find(work.kept, keys, work.indices) if work.kept else {}
        left = [index for index in work.indices if index not in known]
        as_json = json.dumps(item)
        results.expect(number, as_json, keys, len(left), known)
        for index in left:
            words = script.words(item, index if inner > 1 else None)
            yield Task(number, index, words, as_json, f"{scratch}/{number}-{index}.json")


class Work(NamedTuple):
    """What this process is to do."""

    items: list[tuple[int, Any]]
    """With their places in the whole list."""
    indices: Sequence[int]
    base: str
    """What the keys of all tasks have in common."""
    kept: dict[str, str]
    """Key to result."""


def find_work(asked: argparse.Namespace, arguments: Sequence[str]) -> Work:
    """The items of this instance, the indices of this container, and what is kept of them. Ends the program for a list
    that is none."""
    base = lists.base(asked.script, arguments, asked.variables) if asked.cache else ""
    turns = range(asked.inner)
    if ARRAY_INDEX in os.environ:
        turns = turns[int(os.environ[ARRAY_INDEX]) :: asked.containers]
    if asked.cache == "order":
        number, item, kept = lists.read_order()
        return Work([(number, item)], turns, base, kept)
    if asked.item is not None:
        return Work([(asked.number, lists.check([json.loads(asked.item)])[0])], turns, base, {})
    if asked.items:
        items = lists.check(json.loads(asked.items))
    else:
        file = lists.real(asked.items_file)
        items = lists.check(lists.read(file), f"`{file.name}`")
    host, hosts = share()
    kept = lists.read_kept() if asked.cache else {}
    return Work([*enumerate(items)][host::hosts], turns, base, kept)


def share() -> tuple[int, int]:
    """Which of how many instances this one is."""
    file = lists.real(HOSTS)
    told = json.loads(file.read_text()) if file.is_file() else {"hosts": ["algo-1"], "current_host": "algo-1"}
    hosts = sorted(told["hosts"], key=lambda name: (len(name), name))
    return hosts.index(told["current_host"]), len(hosts)


def report(results: Results, count: int, allowed: str) -> None:
    """Say what failed; ends the program when that is more than is tolerated."""
    if not results.failed:
        return
    most = max(results.reasons, key=lambda reason: results.reasons[reason])
    numbers = ", ".join(map(str, sorted(results.failed)[:20])) + (" …" if len(results.failed) > 20 else "")
    words = f"{len(results.failed)} of {count} items failed ({allowed} may): {numbers}; "
    words += f"{results.reasons[most]} tasks with: {most}"
    lists.say(words)
    if len(results.failed) > lists.tolerated(allowed, count):
        sys.exit(f"MapFailed: {words}")


def parse(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Our own arguments, and the script's."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name, kind, usual in (
        ("script", str, None),
        ("inner", int, 1),
        ("containers", int, 1),
        ("tolerate", str, "0"),
        ("at-once", int, len(os.sched_getaffinity(0))),
        ("number", int, 0),
        ("item", str, None),
        ("items-file", str, None),
        ("cache", str, ""),
        ("variables", str, ""),
    ):
        parser.add_argument(f"--map-{name}", dest=name.replace("-", "_"), type=kind, default=usual)
    own, rest = parser.parse_known_args(words)
    pieces = ""
    while rest and rest[0].startswith(PIECES):
        pieces, rest = pieces + rest[1], rest[2:]
    own.items = pieces
    return own, rest


def stop_politely() -> None:
    """When this process is told to stop, it still writes down what has ended. Its tasks just stop."""
    own = os.getpid()

    def stop(number: int, frame: Any) -> None:
        if os.getpid() == own:
            sys.exit(128 + number)
        os._exit(128 + number)

    signal.signal(signal.SIGTERM, stop)


def main() -> None:
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    stop_politely()
    asked, arguments = parse(sys.argv[1:])
    work = find_work(asked, arguments)
    if asked.cache == "plan":
        lists.plan(work.items, asked.inner, asked.tolerate, work.base, work.kept)
    elif work.items and work.indices:  # else there are fewer than instances, or containers
        run(asked, arguments, work)


def run(asked: argparse.Namespace, arguments: list[str], work: Work) -> None:
    count = len(work.items) * len(work.indices)
    place = f"{work.items[0][0]:05}" + (f"-{work.indices[0]:05}" if ARRAY_INDEX in os.environ else "")
    results = Results(place, keep=bool(asked.cache), count=count)
    script = Script(asked.script, arguments)
    scratch = Path(SCRATCH if os.access(SCRATCH, os.W_OK) else lists.real("/opt/ml")) / f"map-{os.getpid()}"
    scratch.mkdir(parents=True, mode=0o700)
    try:
        run_all(script, make_tasks(script, asked.inner, work, results, scratch), results, asked.at_once)
    finally:
        remove(scratch)
    if asked.cache:
        lists.say(lists.told(results.reused, count))
    report(results, len(work.items), asked.tolerate)


if __name__ == "__main__":
    main()
