"""The schema file that stack files point editors to."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from mlops_iac.config.schema import stack_schema
from mlops_iac.core.errors import MlopsError

SCHEMA_FILE = Path(".mlops-iac") / "stack.schema.json"
"""Below the project's root. It is made anew whenever it is asked for, so it is never committed."""


def write_schema(root: Path, blueprints: Mapping[str, type[BaseModel]]) -> Path:
    """Write the schema of stack files and return its path; replaces an older one in one step."""
    target = root / SCHEMA_FILE
    text = json.dumps(stack_schema(blueprints), indent=2, ensure_ascii=False) + "\n"
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=".schema-", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(draft).replace(target)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        hint = "look at the folder's permissions and at the space left on the disk."
        raise MlopsError("The schema cannot be written.", f"{SCHEMA_FILE}: {error.strerror}.", hint=hint) from error
    return target
