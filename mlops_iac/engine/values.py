"""Property values as the engine and the handlers see them: plain Python, plus what has no plain form.

str, int, float, bool, None, list, dict   as they are, with Pulumi's camelCase keys
UNKNOWN                                    a value that only exists after `up` (previews only)
Secret(value)                              a value that is never shown or stored in clear; handlers get it unwrapped
Asset / Archive                            a file or folder given by content
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Props = Mapping[str, Any]


class Unknown:
    """The one value that is not known yet."""

    _instance: Unknown | None = None

    def __new__(cls) -> Unknown:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    value: Any

    def __repr__(self) -> str:
        return "[secret]"
