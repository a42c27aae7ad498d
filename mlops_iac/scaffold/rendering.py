"""Templates to text: the one place that knows Jinja."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_iac.scaffold.option_lines import comment
from mlops_iac.scaffold.safe_yaml import scalar

TEMPLATES = Path(__file__).parent / "templates"


def render(name: str, **values: Any) -> str:
    """The text of ``templates/<name>.j2``. A name in it that has no value is an error."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # YAML and Python, not HTML: every value goes through `scalar`, every description through `comment`.
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"scalar": scalar, "comment": comment}
    return environment.from_string((TEMPLATES / f"{name}.j2").read_text(encoding="utf-8")).render(values)
