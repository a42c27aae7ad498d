"""``mlops-iac schema``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.options import JsonOption

if TYPE_CHECKING:
    from mlops_iac.pipelines.steps import Step


class Of(StrEnum):
    STACK = "stack"
    PIPELINE = "pipeline"


def schema(
    of: Annotated[Of, typer.Argument(help="Of stack files, or of a team's pipelines.")] = Of.STACK,
    write: Annotated[
        bool, typer.Option("--write", help="Write both below .mlops-iac/, where such files look for them.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print the JSON schema of stack files or of pipelines, for editors.

    It completes and checks every setting, the options of each blueprint and the fields of each kind of step included.

    Example: mlops-iac schema --write
    """
    from mlops_iac.cli.console import say, show_json

    if write:
        files = _write()
        if json:
            show_json({"files": files})
        else:
            say("\n".join(f"Wrote {file}" for file in files))
    else:
        show_json(_stack() if of is Of.STACK else _pipeline())


def _stack() -> dict[str, Any]:
    from mlops_iac.cli.blueprint import options_models
    from mlops_iac.config.schema import stack_schema

    return stack_schema(options_models())


def _pipeline() -> dict[str, Any]:
    from mlops_iac.pipelines.schema import pipeline_schema

    return pipeline_schema(_kinds())


def _kinds() -> list[type[Step]]:
    """The kinds of steps that can be used, those of installed packages included."""
    from mlops_iac.pipelines.steps import FAMILY

    return [member.thing for member in FAMILY.members() if not member.problem]


def _write() -> list[str]:
    from mlops_iac.cli.environments import project_root
    from mlops_iac.scaffold.schema_file import PIPELINE_SCHEMA_FILE, SCHEMA_FILE, write_schema_file

    root = project_root()
    schemas: dict[Path, dict[str, Any]] = {SCHEMA_FILE: _stack(), PIPELINE_SCHEMA_FILE: _pipeline()}
    return [str(write_schema_file(root, file, schema).relative_to(root)) for file, schema in schemas.items()]
