"""``Pulumi.yaml``: the project's name, its language, where its program and its stack files lie, and its own settings.

Source: https://www.pulumi.com/docs/iac/concepts/projects/project-file/
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops_iac.config.document import Document, parse_document
from mlops_iac.config.project import PROJECT, PROJECT_FILE
from mlops_iac.config.project_settings import Declaration, read_declarations
from mlops_iac.config.text import read_text
from mlops_iac.core.errors import ConfigError, MlopsError

ENTRY_POINT = "__main__.py"


@dataclass(frozen=True, kw_only=True)
class ProjectFile:
    root: Path
    name: str
    entry_point: Path
    """The file that is run; it may not exist."""
    stacks: Path
    """The folder of stack files."""
    declared: tuple[Declaration, ...]
    """``config:``: what a stack file need not say, or must."""


def read_project_file(root: Path) -> ProjectFile:
    """Raises ConfigError, at its line, for a file that is none, and for a program in another language than Python."""
    document = _read(root)
    values = document.values
    name = values.get("name") if isinstance(values, dict) else None
    if not isinstance(name, str) or not name:
        raise _refuse(document, "name", "The project has no name.", "", "add `name: churn`, or another.")
    _refuse_other_languages(document)
    where = values.get("main") or ""
    entry_point = root / str(where)
    return ProjectFile(
        root=root,
        name=name,
        entry_point=entry_point if entry_point.suffix == ".py" else entry_point / ENTRY_POINT,
        stacks=root / str(values.get("stackConfigDir") or ""),
        declared=read_declarations(document, name),
    )


def read_declared(root: Path) -> tuple[Declaration, ...]:
    """The project's settings alone; none when there is no Pulumi.yaml."""
    if not (root / PROJECT_FILE).is_file():
        return ()
    document = _read(root)
    name = document.values.get("name") if isinstance(document.values, dict) else None
    return read_declarations(document, name if isinstance(name, str) else PROJECT)


def _read(root: Path) -> Document:
    document = parse_document(read_text(root / PROJECT_FILE, root, PROJECT_FILE), PROJECT_FILE, what="project file")
    if document.problems:
        raise ConfigError.of(document.problems)
    return document


def _refuse_other_languages(document: Document) -> None:
    runtime = document.values.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise _refuse(
            document,
            "runtime",
            "The program is not Python.",
            f"Its runtime is `{language}`; programs in Python are run here.",
            "deploy it with the Pulumi CLI.",
        )


def _refuse(document: Document, key: str, summary: str, detail: str, hint: str) -> MlopsError:
    return ConfigError.of([document.problem((key,), summary, detail, hint)])
