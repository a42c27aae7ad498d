"""The example teams that travel with this package: ``examples/`` of its source tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlops_iac.config.document import parse_document
from mlops_iac.config.project import STACKS
from mlops_iac.core.errors import UsageError
from mlops_iac.core.suggestions import did_you_mean

EXAMPLES = Path(__file__).parent / "examples"
"""A link to ``examples/`` in the source tree, the folder itself in an installed package."""


def list_examples() -> list[str]:
    """Names of the examples: folders that hold a stack file."""
    return sorted(folder.name for folder in EXAMPLES.iterdir() if any(folder.glob("Pulumi.*.yaml")))


def example_files(name: str) -> Iterator[tuple[Path, Path]]:
    """Each file of an example, and where it goes in a project: its stack file to ``stacks/``, the rest as it lies here.
    With it comes the team whose code it runs, where that is another one's.

    Raises UsageError for a name that is none.
    """
    known = list_examples()
    if name not in known:
        hint = did_you_mean(name, known) or f"there is {', '.join(known)}."
        raise UsageError("No such example.", f"`{name}` is not one of: {', '.join(known)}.", hint=hint)
    stack_file = _stack_file(name)
    yield stack_file, Path(STACKS) / stack_file.name
    code = Path(_config(name)["mlops-iac:code"]).name
    for folder in sorted({name, code}):
        for source in sorted((EXAMPLES / folder).rglob("*")):
            if source.is_file() and "__pycache__" not in source.parts and source != _stack_file(folder):
                yield source, "examples" / source.relative_to(EXAMPLES)


def example_options(name: str) -> dict[str, Any]:
    """What an example's stack file says under `options:`."""
    return _config(name).get("mlops-iac:options") or {}


def _stack_file(name: str) -> Path:
    (file,) = (EXAMPLES / name).glob("Pulumi.*.yaml")
    return file


def _config(name: str) -> dict[str, Any]:
    file = _stack_file(name)
    config: dict[str, Any] = parse_document(file.read_text("utf-8"), file.name).values["config"]
    return config
