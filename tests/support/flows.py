"""Small flows."""

from __future__ import annotations

SMALL = """\
from metaflow import FlowSpec, Parameter, step


class {name}(FlowSpec):
    alpha = Parameter("alpha", default=0.5, help="How much.")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    {name}()
"""


def flow_text(name: str = "SmallFlow") -> str:
    """A flow of two steps and one parameter."""
    return SMALL.format(name=name)
