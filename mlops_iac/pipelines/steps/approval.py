"""A step that waits for a person, who lets the run go on or ends it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from mlops_iac.pipelines.steps.step import KeyOf, Made, Output, Step

MOST_HOURS: Final = 7 * 24
"""Where a step does not say how long it waits."""


class ApprovalStep(Step):
    """Asks, and waits for ``mlops-iac approve`` or ``reject``; who answered, when and why is kept with the run.

    Steps that come after it are named by their ``after``; a register step may also take its ``verdict`` for a gate's.
    """

    kind: ClassVar[str] = "approval"

    question: str = Field(default="", max_length=200)
    """What the person is asked, in words. Left out: the step's name says it."""
    max_hours: float = Field(default=MOST_HOURS, gt=0, le=28 * 24)
    """How long it waits. A run that nobody answers by then ends as timed out."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"verdict": "verdict"}

    @property
    def seconds(self) -> int:
        return math.ceil(self.max_hours * 3600)

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"question": self.question, "max_hours": self.max_hours}
