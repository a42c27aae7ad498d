"""Templates to text: the one place that knows Jinja."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_iac.scaffold.option_lines import comment
from mlops_iac.scaffold.safe_yaml import scalar

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Delimiters:
    """What marks a template's own words, where its language has Jinja's for itself; and what it may include."""

    variable: tuple[str, str]
    block: tuple[str, str]
    folder: Path


def render(name: str, delimiters: Delimiters | None = None, **values: Any) -> str:
    """The text of ``templates/<name>.j2``. A name in it that has no value is an error."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # YAML and Python, not HTML: every value goes through `scalar`, every description through `comment`.
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    if delimiters is not None:
        environment.variable_start_string, environment.variable_end_string = delimiters.variable
        environment.block_start_string, environment.block_end_string = delimiters.block
        environment.loader = FileSystemLoader(delimiters.folder)
    environment.filters |= {"scalar": scalar, "comment": comment}
    return environment.from_string((TEMPLATES / f"{name}.j2").read_text(encoding="utf-8")).render(values)
