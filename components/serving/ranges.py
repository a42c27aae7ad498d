"""Settings that AWS would refuse."""

from __future__ import annotations

from mlops_iac.core.errors import BlueprintError


def within(name: str, value: int, least: int, most: int) -> None:
    """Raise BlueprintError for a setting outside its range."""
    if not least <= value <= most:
        detail = f"Serving's `{name}` is {value}; it may be {least} to {most}."
        raise BlueprintError("Value out of range.", detail, hint=f"set `{name}` within these bounds.")
