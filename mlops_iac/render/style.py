"""Colour as a value: a `Style` that paints, or does not."""

from __future__ import annotations

from dataclasses import dataclass

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35"}


@dataclass(frozen=True)
class Style:
    color: bool

    def paint(self, text: str, *styles: str) -> str:
        """The text in the named styles, or as it is when there is no colour."""
        if not self.color or not styles or not text:
            return text
        codes = ";".join(_CODES[style] for style in styles)
        return f"\033[{codes}m{text}\033[0m"


OP_STYLES = {
    "create": ("green",),
    "update": ("yellow",),
    "refresh": ("yellow",),
    "delete": ("red",),
    "replace": ("magenta",),
    "create-replacement": ("magenta",),
    "delete-replaced": ("magenta",),
    "same": ("dim",),
    "read": ("dim",),
    "import": ("blue",),
}
