"""A sentence in which other people's words keep apart from ours until it is known where it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_iac.render.escape import code_span, terminal
from mlops_iac.render.values import render_value


@dataclass(frozen=True)
class Sentence:
    """``text`` is ours, with ``{}`` where each of ``values`` stands; these come from files and clouds."""

    text: str
    values: tuple[str, ...] = ()

    def markdown(self) -> str:
        return self.text.format(*map(code_span, self.values))

    def plain(self) -> str:
        """For a terminal, and for JSON."""
        return self.text.format(*(f"`{terminal(value, color=False)}`" for value in self.values))


def say(text: str, *values: Any) -> Sentence:
    """Texts stand as they are, anything else as JSON writes it."""
    return Sentence(text, tuple(value if isinstance(value, str) else render_value(value) for value in values))
