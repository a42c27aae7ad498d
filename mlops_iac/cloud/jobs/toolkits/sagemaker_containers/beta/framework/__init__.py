"""``from sagemaker_containers.beta.framework import encoders, env, worker``, as AWS's samples have it."""

from __future__ import annotations

from typing import Any

from . import content_types, encoders, env, errors, worker

__all__ = ["content_types", "encoders", "env", "errors", "modules", "transformer", "worker"]


class _Absent:
    """A module that samples import and do not use."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"mlops-iac's stand-in for sagemaker_containers has no {self._name}.{name}; AWS's image has it."
        )


modules, transformer, server, trainer = (_Absent(name) for name in ("modules", "transformer", "server", "trainer"))
