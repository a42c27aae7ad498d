"""Runs a team's script once for each item of a list and each index: the script of a ``map`` step's jobs.

    mlops_iac_map.py --map-script fit.py --map-inner 100 --map-item '{"series": "a"}' --map-number 7 --horizon 14

The items are ``--map-item`` (one), ``--map-items-0``, ``--map-items-1`` … (JSON in pieces, as an argument of a job is
short) or ``--map-items-file``; of the last two each instance of the job takes its share. A task gets its item as
arguments (``--column value``, or ``--item value`` when it is no object), ``--index`` when there are several for an
item, and then all arguments that are not ours. In its variables are ``MLOPS_IAC_ITEM`` (JSON), ``MLOPS_IAC_INDEX``,
and ``MLOPS_IAC_RESULT``: the file that it leaves its result in, as JSON. All results go to
``/opt/ml/processing/output/results/part-….jsonl``, a line for each task of the items that went well;
``failed-….jsonl`` holds the reasons of the others.

Starting Python and its libraries costs more than most tasks. So this process never has a second thread, imports what
the first task had loaded, and forks for each task: what a task does to its memory, variables or folder ends with it.

Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import argparse
import csv
import gc
import importlib
import json
import os
import sys
import sysconfig
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple, NoReturn

RESULT, ITEM, INDEX = "MLOPS_IAC_RESULT", "MLOPS_IAC_ITEM", "MLOPS_IAC_INDEX"
ARRAY_INDEX = "AWS_BATCH_JOB_ARRAY_INDEX"
OUTPUT = "/opt/ml/processing/output/results"
HOSTS = "/opt/ml/config/resourceconfig.json"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Tasks run beside each other: libraries that take all cores for each would be slower, and dislike forks."""
LONGEST_REASON = 900
SCRATCH = "/dev/shm"  # noqa: S108 - the job's own memory; results pass through it
PIECES = "--map-items-"


class Task(NamedTuple):
    number: int
    """Its item's place in the whole list."""
    item: Any
    turn: int
    """Its index."""


def real(path: str) -> Path:
    """A path of SageMaker's contract on this machine."""
    base = os.environ.get("MLOPS_IAC_OPT_ML", "/opt/ml")
    return Path(base + path[len("/opt/ml") :] if path.startswith("/opt/ml/") else path)


# The items ----------------------------------------------------------------------------------------------------------


def read_items(asked: argparse.Namespace) -> list[tuple[int, Any]]:
    """The items of this instance, with their places in the whole list. Ends the program when there are none."""
    if asked.item is not None:
        return [(asked.number, json.loads(asked.item))]
    items = json.loads(asked.items) if asked.items else read_file(real(asked.items_file))
    if not isinstance(items, list) or not items:
        sys.exit("mlops-iac: the list of items is empty; a map needs one item at least")
    host, hosts = share()
    return list(enumerate(items))[host::hosts]


def read_file(file: Path) -> list[Any]:
    """Rows of a CSV file with a header, a JSON list, or lines of JSON."""
    if not file.is_file():
        sys.exit(f"mlops-iac: there is no `{file.name}` in the input of items")
    text = file.read_text("utf-8-sig")
    if file.suffix == ".csv":
        return [dict(row) for row in csv.DictReader(text.splitlines())]
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    found = json.loads(text)
    return found if isinstance(found, list) else []


def share() -> tuple[int, int]:
    """Which of how many instances this one is."""
    file = real(HOSTS)
    told = json.loads(file.read_text()) if file.is_file() else {"hosts": ["algo-1"], "current_host": "algo-1"}
    hosts = sorted(told["hosts"], key=lambda name: (len(name), name))
    return hosts.index(told["current_host"]), len(hosts)


def indices(inner: int) -> Sequence[int]:
    """All of them, or the one that this container of an array has."""
    return [int(os.environ[ARRAY_INDEX])] if ARRAY_INDEX in os.environ else range(inner)


# One task -----------------------------------------------------------------------------------------------------------


class Script:
    """The team's script, compiled once, and what each of its runs is given."""

    def __init__(self, name: str, arguments: Sequence[str], inner: int, results: Path) -> None:
        self.file = Path(name).resolve()
        self.arguments, self.inner = list(arguments), inner
        self.parts, self.failures = results, results.with_name(results.name.replace("part-", "failed-"))
        self.code: CodeType = compile(self.file.read_bytes(), str(self.file), "exec")
        self.scratch = tempfile.mkdtemp(dir=SCRATCH if os.access(SCRATCH, os.W_OK) else None)

    def run(self, task: Task) -> NoReturn:
        """Be the task, in a process of its own, and end with it."""
        status, reason = 1, ""
        result = os.path.join(self.scratch, f"{task.number}-{task.turn}.json")
        try:
            self.become(task, result)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            reason = str(end.code)
        except BaseException as error:
            traceback.print_exc()
            reason = traceback.format_exception_only(type(error), error)[-1].strip()
        finally:
            try:
                status = self.leave(task, status, reason, result)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status & 255)

    def become(self, task: Task, result: str) -> None:
        given = task.item if isinstance(task.item, dict) else {"item": task.item}
        words = [word for name, value in given.items() for word in (f"--{name}", text(value))]
        if self.inner > 1:
            words += ["--index", str(task.turn)]
        sys.argv = [str(self.file), *words, *self.arguments]
        sys.path.insert(0, str(self.file.parent))
        os.environ.update({RESULT: result, ITEM: json.dumps(task.item), INDEX: str(task.turn)})
        module = ModuleType("__main__")
        module.__dict__.update(__file__=str(self.file), __builtins__=__builtins__)
        sys.modules["__main__"] = module
        exec(self.code, module.__dict__)  # noqa: S102 - the task is this script

    def leave(self, task: Task, status: int, reason: str, result: str) -> int:
        """Write the task's line; answers how it ends."""
        line: dict[str, Any] = {"item": task.item, "index": task.turn}
        target = self.parts
        try:
            with open(result, encoding="utf-8") as file:
                line["result"] = json.load(file)
            os.unlink(result)
        except FileNotFoundError:
            line["result"] = None
        except ValueError as error:
            status, reason = status or 1, f"the result is no JSON: {error}"
        if status:
            line = {**line, "result": None, "exit": status, "reason": reason[:LONGEST_REASON]}
            target = self.failures
        append(target, line)
        return status

    def died(self, task: Task, signal: int) -> None:
        """A task that could not write its line itself."""
        line = {"item": task.item, "index": task.turn, "result": None, "exit": 128 + signal}
        append(self.failures, {**line, "reason": f"it was killed by signal {signal}"})


def append(file: Path, line: dict[str, Any]) -> None:
    """One write, so that the lines of tasks that end together do not mix."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, (json.dumps(line) + "\n").encode())
    finally:
        os.close(handle)


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# All of them --------------------------------------------------------------------------------------------------------


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
            print(f"mlops-iac: {name} is not loaded beforehand: {error}", flush=True)
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


def run_all(script: Script, tasks: Iterator[Task], at_once: int) -> set[int]:
    """Run every task; answers the numbers of the items that failed."""
    failed: set[int] = set()
    running: dict[int, Task] = {}

    def settle(task: Task, status: int) -> None:
        if status:
            failed.add(task.number)
        if os.WIFSIGNALED(status):
            script.died(task, os.WTERMSIG(status))

    first = next(tasks)
    settle(first, learn(script, first))
    for task in tasks:
        if len(running) >= at_once:
            child, status = os.wait()
            settle(running.pop(child), status)
        child = os.fork()
        if not child:
            script.run(task)
        running[child] = task
    while running:
        child, status = os.wait()
        settle(running.pop(child), status)
    return failed


def tolerated(allowed: str, count: int) -> float:
    """How many of so many items may fail: ``3``, or ``5%`` of them."""
    return count * float(allowed[:-1]) / 100 if allowed.endswith("%") else float(allowed)


def drop(results: Path, failed: list[Any]) -> None:
    """Take the lines of items that failed out of the results."""
    if not failed or not results.is_file():
        return
    lines = [line for line in results.read_text("utf-8").splitlines() if json.loads(line)["item"] not in failed]
    results.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def report(script: Script, failed: set[int], count: int, allowed: str) -> None:
    """Say what failed; ends the program when that is more than is tolerated."""
    if not failed:
        return
    reasons: dict[str, int] = defaultdict(int)
    for line in script.failures.read_text("utf-8").splitlines():
        reasons[json.loads(line)["reason"]] += 1
    most = max(reasons, key=lambda reason: reasons[reason])
    words = f"{len(failed)} of {count} items failed ({allowed} may); {reasons[most]} tasks with: {most}"
    print(f"mlops-iac: {words}", flush=True)
    if len(failed) > tolerated(allowed, count):
        sys.exit(f"MapFailed: {words}")


def parse(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Our own arguments, and the script's."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name, kind, usual in (
        ("script", str, None),
        ("inner", int, 1),
        ("tolerate", str, "0"),
        ("at-once", int, len(os.sched_getaffinity(0))),
        ("number", int, 0),
        ("item", str, None),
        ("items-file", str, None),
    ):
        parser.add_argument(f"--map-{name}", dest=name.replace("-", "_"), type=kind, default=usual)
    own, rest = parser.parse_known_args(words)
    pieces = ""
    while rest and rest[0].startswith(PIECES):
        pieces, rest = pieces + rest[1], rest[2:]
    own.items = pieces
    return own, rest


def main() -> None:
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    asked, arguments = parse(sys.argv[1:])
    items = read_items(asked)
    if not items:
        return  # fewer items than instances
    chosen = indices(asked.inner)
    place = f"{items[0][0]:05}" + (f"-{chosen[0]:05}" if ARRAY_INDEX in os.environ else "")
    output = real(OUTPUT)
    output.mkdir(parents=True, exist_ok=True)
    script = Script(asked.script, arguments, asked.inner, output / f"part-{place}.jsonl")
    tasks = (Task(number, item, index) for number, item in items for index in chosen)
    failed = run_all(script, tasks, asked.at_once)
    drop(script.parts, [item for number, item in items if number in failed])
    report(script, failed, len(items), asked.tolerate)


if __name__ == "__main__":
    main()
