"""The code of a Lambda function: files of ours and its settings, side by side in one archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pulumi

RUNTIME: Final = "python3.12"

LOG: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
"""What every function needs of its log group."""


def pack(*parts: Path | ModuleType, settings: Mapping[str, Mapping[str, Any]] | None = None) -> pulumi.AssetArchive:
    """Python files, or modules that need nothing but the standard library, each under its own name; ``settings`` are
    files of JSON by name. In the function all of them lie beside each other, and import each other by these names."""
    paths = [part if isinstance(part, Path) else Path(str(part.__file__)) for part in parts]
    texts = {path.name: path.read_text(encoding="utf-8") for path in paths}
    texts |= {name: json.dumps(told, sort_keys=True) for name, told in (settings or {}).items()}
    return pulumi.AssetArchive({name: pulumi.StringAsset(text) for name, text in texts.items()})
