"""The example teams that travel with this package: ``examples/`` of its source tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlops_iac.config.project import STACKS
from mlops_iac.core.errors import UsageError
from mlops_iac.core.suggestions import did_you_mean

EXAMPLES = Path(__file__).parent / "examples"
"""A link to ``examples/`` in the source tree, the folder itself in an installed package."""


def list_examples() -> list[str]:
    """Names of the examples: folders that hold a stack file."""
    return sorted(folder.name for folder in EXAMPLES.iterdir() if any(folder.glob("Pulumi.*.yaml")))


def example_files(name: str) -> Iterator[tuple[Path, Path]]:
    """Each file of an example, and where it goes in a project: stack files to ``stacks/``, the rest as it lies here.

    Raises UsageError for a name that is none.
    """
    known = list_examples()
    if name not in known:
        hint = did_you_mean(name, known) or f"there is {', '.join(known)}."
        raise UsageError("No such example.", f"`{name}` is not one of: {', '.join(known)}.", hint=hint)
    for source in sorted((EXAMPLES / name).rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        is_stack_file = source.parent.name == name and source.match("Pulumi.*.yaml")
        place = Path(STACKS) / source.name if is_stack_file else "examples" / source.relative_to(EXAMPLES)
        yield source, place
