"""What the real CLI answered, kept so that the comparison runs where there is no CLI.

``PARITY_RECORD=1 python -m pytest tests/parity`` with `pulumi` on the PATH makes them anew.
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "golden/pulumi/parity"
IS_RECORDING = os.environ.get("PARITY_RECORD") == "1"

Form = dict[str, Any]


def read_recording(name: str) -> list[Form]:
    path = FOLDER / f"{name}.json"
    assert path.exists(), f"nothing was recorded for {name}; with `pulumi` on the PATH, PARITY_RECORD=1 records it"
    found: list[Form] = json.loads(path.read_text())["operations"]
    return found


def write_recording(name: str, why: str, version: str, operations: list[Form]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    recording = {"why": why, "pulumi": version, "operations": operations}
    (FOLDER / f"{name}.json").write_text(json.dumps(recording, indent=1, sort_keys=True) + "\n")


def difference(theirs: Any, ours: Any) -> str:
    """Empty when they are equal."""
    texts = [json.dumps(part, indent=1, sort_keys=True).splitlines() for part in (theirs, ours)]
    return "\n".join(difflib.unified_diff(*texts, "pulumi", "mlops-iac", lineterm=""))
