"""A deployed document as it lies in a state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.core.strict_json import read_json


def parse_document(text: Any) -> Mapping[str, Any]:
    """The document; empty where it is not known yet, is a secret, or is no document at all."""
    try:
        found = read_json(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
