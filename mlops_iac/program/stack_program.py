"""A stack's program as an engine takes it: something to run, and the configuration that it sees.

A project of ours and an ordinary Pulumi project differ in what their stack files must hold, and in nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlops_iac.config.plain_stack import Settings, is_plain, read_settings
from mlops_iac.config.project import PROJECT, PROJECT_FILE
from mlops_iac.config.project_file import ENTRY_POINT, ProjectFile, read_project_file
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import BlueprintError, Problem
from mlops_iac.program.blueprinted import LOADED, Program, load
from mlops_iac.program.entry_point import run_file


@dataclass(frozen=True, kw_only=True)
class StackProgram:
    project: str
    stack: str
    root: Path
    folder: Path
    """Where the program is run, as Pulumi does: relative paths in it start there."""
    settings: Settings
    entry: Callable[[], object]
    config: StackConfig | None = None
    """The stack's file; None where there is no blueprint."""
    options: Any = None
    """What its blueprint was told; None where there is no blueprint."""
    not_embedded: Callable[[], Iterable[Problem]] = tuple
    """What of its pipelines cannot run on the embedded cloud."""
    program: Program | None = None
    """Its blueprint's; None where there is no blueprint."""

    def run(self) -> None:
        """Register everything. Called by an engine, in its runtime."""
        self.entry()

    @contextlib.contextmanager
    def at_home(self) -> Iterator[None]:
        """For as long as an engine runs it, the working directory is the program's."""
        if Path.cwd() == self.folder:
            yield
            return
        with contextlib.chdir(self.folder):
            yield


def open_stack(root: Path, stack: str) -> StackProgram:
    """Read and check a stack. Raises StackNotFound, ConfigError with every problem, BlueprintError or PipelineError."""
    if not (root / PROJECT_FILE).is_file():
        return _blueprinted(root, stack, None)
    project = read_project_file(root)
    if is_plain(project, stack):
        return _plain(project, stack)
    return _blueprinted(root, stack, project)


def _plain(project: ProjectFile, stack: str) -> StackProgram:
    settings = read_settings(project, stack)
    if not project.entry_point.is_file():
        raise _no_program(project)
    return StackProgram(
        project=project.name,
        stack=stack,
        root=project.root,
        folder=project.entry_point.parent,
        settings=settings,
        entry=partial(run_file, project.entry_point, project.root),
    )


def _blueprinted(root: Path, stack: str, project: ProjectFile | None) -> StackProgram:
    """Of a stack that names a blueprint: what `__main__.py` says; the blueprint itself where there is no such file."""
    program = load(root, stack)
    config = program.config
    file = project.entry_point if project else root / ENTRY_POINT
    return StackProgram(
        project=project.name if project else PROJECT,
        stack=stack,
        root=root,
        folder=file.parent if file.is_file() else root,
        settings=Settings(
            values=config.config,
            secret_keys=config.secret_keys,
            encryption_salt=config.encryption_salt,
            in_clear=config.in_clear,
        ),
        entry=partial(_run_with, program, file) if file.is_file() else program.run,
        config=config,
        options=config.options,
        not_embedded=program.not_embedded,
        program=program,
    )


def _run_with(program: Program, file: Path) -> None:
    """The file calls `main`, which need not read the stack file once more."""
    told = LOADED.set(program)
    try:
        run_file(file, program.root)
    finally:
        LOADED.reset(told)


def _no_program(project: ProjectFile) -> BlueprintError:
    place = project.entry_point.relative_to(project.root)
    return BlueprintError(
        "The project has no program.",
        f"There is no {place}, and its stacks name no blueprint.",
        hint=f"write {place}, or add `mlops-iac:blueprint` to the stack file; `mlops-iac blueprint list` shows them.",
    )
