"""Stack files: what a team wrote, checked, with the line of every mistake.

``find_project`` and ``list_stacks`` are cheap (no pydantic, no yaml), because shell completion calls them; the rest is
imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mlops_iac.config.project import PROJECT, STACKS, find_project, list_stacks, stack_path

if TYPE_CHECKING:
    from mlops_iac.config.document import Place
    from mlops_iac.config.envelope import Security
    from mlops_iac.config.load import load_stack
    from mlops_iac.config.section import Section
    from mlops_iac.config.stack_config import StackConfig

__all__ = [
    "PROJECT",
    "STACKS",
    "Place",
    "Section",
    "Security",
    "StackConfig",
    "find_project",
    "list_stacks",
    "load_stack",
    "stack_path",
]

_HOMES = {
    "load_stack": "mlops_iac.config.load",
    "Section": "mlops_iac.config.section",
    "Place": "mlops_iac.config.document",
    "Security": "mlops_iac.config.envelope",
    "StackConfig": "mlops_iac.config.stack_config",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
