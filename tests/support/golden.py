"""Golden files: what a part made once, read by a person, and must still make.

``MLOPS_IAC_REWRITE_GOLDEN=1 python -m pytest …`` writes them anew; read the difference before committing it.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"


def check_golden(name: str, text: str) -> None:
    """Compare with ``tests/golden/<name>``; the failure shows the difference."""
    path = GOLDEN / name
    if os.environ.get("MLOPS_IAC_REWRITE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.exists(), f"there is no golden file {name}; make it with MLOPS_IAC_REWRITE_GOLDEN=1"
    expected = path.read_text(encoding="utf-8")
    difference = difflib.unified_diff(expected.splitlines(), text.splitlines(), "golden", "now", lineterm="")
    assert text == expected, "\n".join(difference)
