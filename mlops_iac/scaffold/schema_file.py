"""The schema files that stack files and pipelines point editors to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mlops_iac.config.schema import stack_schema
from mlops_iac.core.drafts import draft
from mlops_iac.core.errors import MlopsError

SCHEMA_FILE = Path(".mlops-iac") / "stack.schema.json"
PIPELINE_SCHEMA_FILE = Path(".mlops-iac") / "pipeline.schema.json"
COMPANY_SCHEMA_FILE = Path(".mlops-iac") / "company.schema.json"
FEATURES_SCHEMA_FILE = Path(".mlops-iac") / "features.schema.json"
"""Below the project's root. They are made anew whenever they are asked for, so they are never committed."""


def write_schema(root: Path, blueprints: Mapping[str, type[BaseModel]]) -> Path:
    """Write the schema of stack files and return its path; replaces an older one in one step."""
    return write_schema_file(root, SCHEMA_FILE, stack_schema(blueprints))


def write_schema_file(root: Path, file: Path, schema: Mapping[str, Any]) -> Path:
    """``file`` is below the project's root. Raises MlopsError."""
    target = root / file
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with draft(target.parent, text, mode=0o600) as new:
            new.replace(target)
    except OSError as error:
        hint = "look at the folder's permissions and at the space left on the disk."
        raise MlopsError("The schema cannot be written.", f"{file}: {error.strerror}.", hint=hint) from error
    return target
