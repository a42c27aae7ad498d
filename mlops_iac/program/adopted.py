"""Adopted things that lie in another region, as far as their ARNs say: refused before anything is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import ConfigError, Problem

SUMMARY = "What is adopted is in another region."


def check_adopted(config: StackConfig) -> None:
    """Raise ConfigError, at its line, for each ARN below `adopt` that names another region than the stack's."""
    adopt = getattr(config.options, "adopt", None)
    if adopt is not None:
        problems = [*_elsewhere(config, "options.adopt", adopt.model_dump(exclude_none=True))]
        if problems:
            raise ConfigError.of(problems)


def _elsewhere(config: StackConfig, path: str, said: Any) -> Iterator[Problem]:
    if isinstance(said, dict):
        for name, value in said.items():
            yield from _elsewhere(config, f"{path}.{name}", value)
    elif isinstance(said, str) and said.startswith("arn:"):
        region = said.split(":")[3]
        if region not in ("", config.region):
            detail = f"Value given: {said}. It is in {region}; the stack is in {config.region}."
            yield config.problem(path, SUMMARY, detail, f"name one of {config.region}.")
