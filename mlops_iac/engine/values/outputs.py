"""A stack's or component's outputs, when not all of them are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.engine.values.value import has_unknown


def known_outputs(new: Mapping[str, Any], old: Mapping[str, Any], *, keep: bool) -> dict[str, Any]:
    """The new outputs. With ``keep``, an output that is not wholly known, or not there, keeps its last value.

    Used with ``keep`` when something failed: what an output was after the last success is better than nothing.
    """
    if not keep:
        return dict(new)
    known = {key: value for key, value in new.items() if not has_unknown(value)}
    return {**old, **known}
