"""``mlops-iac schema``."""

from __future__ import annotations

from typing import Annotated

import typer

from mlops_iac.cli.options import JsonOption


def schema(
    write: Annotated[
        bool, typer.Option("--write", help="Write it to .mlops-iac/stack.schema.json, where stack files look for it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print the JSON schema of stack files, for editors.

    It completes and checks every setting, the options of each blueprint included.

    Example: mlops-iac schema --write
    """
    from mlops_iac.cli.blueprint import options_models
    from mlops_iac.cli.console import say, show_json

    models = options_models()
    if not write:
        from mlops_iac.config.schema import stack_schema

        show_json(stack_schema(models))
        return
    from mlops_iac.cli.environments import project_root
    from mlops_iac.scaffold.schema_file import write_schema

    root = project_root()
    path = write_schema(root, models).relative_to(root)
    if json:
        show_json({"file": str(path)})
    else:
        say(f"Wrote {path}")
