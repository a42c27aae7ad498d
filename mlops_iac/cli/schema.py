"""``mlops-iac schema``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.options import JsonOption

if TYPE_CHECKING:
    from mlops_iac.pipelines.steps import Step


class Of(StrEnum):
    STACK = "stack"
    PIPELINE = "pipeline"
    COMPANY = "company"
    FEATURES = "features"


def schema(
    of: Annotated[
        Of, typer.Argument(help="Of stack files, pipelines, a company's file, or groups of features.")
    ] = Of.STACK,
    write: Annotated[
        bool, typer.Option("--write", help="Write all below .mlops-iac/, where such files look for them.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print the JSON schema of stack files, pipelines, a company's file or groups of features, for editors.

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
        show_json(_SCHEMAS[of]())


def _stack() -> dict[str, Any]:
    from mlops_iac.cli.blueprint import options_models
    from mlops_iac.config.schema import stack_schema

    return stack_schema(options_models())


def _pipeline() -> dict[str, Any]:
    from mlops_iac.pipelines.schema import pipeline_schema

    return pipeline_schema(_kinds())


def _company() -> dict[str, Any]:
    from mlops_iac.cli.blueprint import options_models
    from mlops_iac.config.schema import company_schema

    return company_schema(options_models())


def _features() -> dict[str, Any]:
    from pydantic.json_schema import GenerateJsonSchema

    from mlops_iac.config.feature_groups import FeatureGroup

    head = {"$schema": GenerateJsonSchema.schema_dialect}
    return {**head, **FeatureGroup.model_json_schema(), "title": "Group of features of a team, for mlops-iac"}


_SCHEMAS = {Of.STACK: _stack, Of.PIPELINE: _pipeline, Of.COMPANY: _company, Of.FEATURES: _features}


def _kinds() -> list[type[Step]]:
    """The kinds of steps that can be used, those of installed packages included."""
    from mlops_iac.pipelines.steps import FAMILY

    return [member.thing for member in FAMILY.members() if not member.problem]


def _write() -> list[str]:
    from mlops_iac.cli.environments import project_root
    from mlops_iac.scaffold import schema_file as names
    from mlops_iac.scaffold.schema_file import write_schema_file

    root = project_root()
    files = {
        Of.STACK: names.SCHEMA_FILE,
        Of.PIPELINE: names.PIPELINE_SCHEMA_FILE,
        Of.COMPANY: names.COMPANY_SCHEMA_FILE,
        Of.FEATURES: names.FEATURES_SCHEMA_FILE,
    }
    return [str(write_schema_file(root, files[of], _SCHEMAS[of]()).relative_to(root)) for of in Of]
