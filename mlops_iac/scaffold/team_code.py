"""The scripts, sample data and README that a new team begins with: what `mlops-iac new --scaffold` writes.

They are a folder of templates that the blueprint names, or else the scripts and data of its example.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.config.project import shorten
from mlops_iac.core.errors import MlopsError, UsageError
from mlops_iac.scaffold.answers import Answers
from mlops_iac.scaffold.example import EXAMPLES, example_options, list_examples
from mlops_iac.scaffold.rendering import TEMPLATES, render

if TYPE_CHECKING:
    from mlops_iac.blueprints import About

TEAM: Final = "team"
"""Below the templates: folders of scripts, which blueprints name."""

README: Final = "README.md"

OF_PEOPLE: Final = frozenset({"studio"})
"""Options of examples that name its people. A new team has others."""


def has_scaffold(blueprint: str) -> bool:
    told = _about(blueprint)
    return bool(told.scripts) or told.example in list_examples()


def scaffold_options(blueprint: str) -> dict[str, Any]:
    """What the scripts need to stand in the stack file."""
    told = _about(blueprint)
    said = {} if told.scripts else example_options(told.example)
    return {key: value for key, value in said.items() if key not in OF_PEOPLE}


def _about(blueprint: str) -> About:
    from mlops_iac.blueprints import about, get_blueprint

    return about(get_blueprint(blueprint))


def is_open(folder: Path) -> bool:
    """Whether scripts can be written there: nothing is there yet."""
    return not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir()))


def refuse_code(root: Path, answers: Answers) -> None:
    """UsageError when something is in the code folder, or the blueprint has no such scripts."""
    folder = root / answers.code
    if not has_scaffold(answers.blueprint):
        raise UsageError(
            "No scripts to begin with.",
            f"The blueprint `{answers.blueprint}` brings none.",
            hint="leave out --scaffold.",
        )
    if not is_open(folder) or not folder.resolve().is_relative_to(root.resolve()):
        raise UsageError(
            "The code folder is in use.",
            f"Something is in `{shorten(answers.code)}` already; nothing was written.",
            hint="name a new folder with --code, or leave out --scaffold.",
        )


def write_team_code(root: Path, answers: Answers) -> list[Path]:
    """Write the scripts into the answers' code folder; answers the files, relative to the project.

    UsageError as `refuse_code`; MlopsError when the disk does not take them.
    """
    refuse_code(root, answers)
    folder, written = root / answers.code, []
    try:
        for name, content in team_files(answers):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            written.append(target.relative_to(root))
    except OSError as error:
        raise MlopsError(
            "The scripts cannot be written.", f"{error.filename or folder}: {error.strerror}.",
            hint="look at the folder's permissions and at the space left on the disk.",
        ) from error  # fmt: skip
    return written


def team_files(answers: Answers) -> Iterator[tuple[Path, bytes]]:
    """Each file's name below the code folder, and its content."""
    told = _about(answers.blueprint)
    yield from _of_template(TEMPLATES / TEAM / told.scripts, answers) if told.scripts else _of_example(told, answers)


def _of_template(top: Path, answers: Answers) -> Iterator[tuple[Path, bytes]]:
    for source in _files(top):
        name = source.relative_to(top)
        if source.suffix == ".j2":
            template = source.relative_to(TEMPLATES).as_posix().removesuffix(".j2")
            yield name.with_suffix(""), render(template, answers=answers).encode()
        else:
            yield name, source.read_bytes()


def _of_example(told: About, answers: Answers) -> Iterator[tuple[Path, bytes]]:
    top = EXAMPLES / told.example
    sources = {source.relative_to(top): source for source in _files(top)}
    kept = {name: source for name, source in sources.items() if name.name != README and not name.match("Pulumi.*.yaml")}
    for name, source in kept.items():
        yield name, source.read_bytes()
    scripts = {name.as_posix(): _first_line(source) for name, source in kept.items() if name.suffix == ".py"}
    has_data = any(name.parts[0] == "data" for name in kept)
    text = render("team/of_example.md", answers=answers, about=told, has_data=has_data, scripts=scripts)
    yield Path(README), text.encode()


def _files(top: Path) -> list[Path]:
    return sorted(path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _first_line(script: Path) -> str:
    """What a script says of itself, in a line of a table."""
    from mlops_iac.core.syntax_trees import parse

    said = ast.get_docstring(parse(script.read_bytes())) or ""
    return " ".join(said.partition("\n\n")[0].split()).replace("|", "\\|")
