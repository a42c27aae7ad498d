"""One task of a map: the team's script, run in a process of its own with an item and an index (`mlops_iac_map.py`).

Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, NamedTuple, NoReturn

RESULT, ITEM, INDEX = "MLOPS_IAC_RESULT", "MLOPS_IAC_ITEM", "MLOPS_IAC_INDEX"
LONGEST_REASON = 900


class Task(NamedTuple):
    number: int
    """Its item's place in the whole list."""
    turn: int
    """Its index."""
    words: list[str]
    """``sys.argv`` of its script."""
    item: str
    """As JSON."""
    result: str
    """The file of its result; with `FAILED` behind it, of how it failed."""


FAILED = ".failed"


class Script:
    """The team's script, compiled once, and what each of its runs is given."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        self.file = str(Path(name).resolve())
        self.arguments = list(arguments)
        self.code: CodeType = compile(Path(self.file).read_bytes(), self.file, "exec")
        self.module = ModuleType("__main__")  # each task's process has its own of it, as of everything
        self.module.__dict__.update(__file__=self.file, __builtins__=__builtins__)
        sys.path.insert(0, os.path.dirname(self.file))

    def words(self, item: Any, index: int | None) -> list[str]:
        """How a task's script is called: ``--column value`` for each of its item's columns."""
        given = item if isinstance(item, dict) else {"item": item}
        own = [word for name, value in given.items() for word in (f"--{name}", text(value))]
        return [self.file, *own, *(() if index is None else ("--index", str(index))), *self.arguments]

    def run(self, task: Task) -> NoReturn:
        """Be the task, in a process of its own, and end with it."""
        status, reason = 1, ""
        try:
            self.become(task)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            reason = f"exit code {status}" if isinstance(end.code, int) else str(end.code)
            if status and not isinstance(end.code, int):
                print(reason, file=sys.stderr)
        except BaseException as error:
            import traceback

            traceback.print_exception(type(error), error, theirs(error))
            reason = traceback.format_exception_only(type(error), error)[-1].strip()
        try:
            if status:
                with open(task.result + FAILED, "w", encoding="utf-8") as file:
                    json.dump([status, reason[:LONGEST_REASON]], file)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status & 255)

    def become(self, task: Task) -> None:
        sys.argv = task.words
        os.environ[RESULT], os.environ[ITEM], os.environ[INDEX] = task.result, task.item, str(task.turn)
        sys.modules["__main__"] = self.module
        exec(self.code, self.module.__dict__)  # noqa: S102 - the task is this script


def theirs(error: BaseException) -> Any:
    """The traceback without what is ours: it begins in the script."""
    here = error.__traceback__
    while here is not None and here.tb_frame.f_code.co_filename == __file__:
        here = here.tb_next
    return here


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
