"""The files of a policy pack for Pulumi's own CLI: they hold no rule, and lead to those that are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mlops_iac.core.errors import UsageError

FILES: Final = {
    "PulumiPolicy.yaml": (
        "# Run by `pulumi preview --policy-pack FOLDER`, in the Python of `virtualenv`, relative to this folder.\n"
        "description: The policies of mlops-iac\n"
        "runtime:\n"
        "  name: python\n"
        "  options:\n"
        "    virtualenv: ../.venv\n"
    ),
    "__main__.py": "from mlops_iac.backends.analyzer import main\n\nmain()\n",
}


def write_pack(folder: Path) -> list[Path]:
    """Raises UsageError when one of them is there and says something else."""
    paths = [folder / name for name in FILES]
    taken = [path for path in paths if path.exists() and path.read_text() != FILES[path.name]]
    if taken:
        raise UsageError(
            "A file is in the way.",
            f"{taken[0]} says something else than a new pack.",
            hint="name another folder, or delete it.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        path.write_text(FILES[path.name])
    return paths
