"""A policy: letters outlast a weekend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

QUEUE = "aws:sqs/queue:Queue"
KEPT = "messageRetentionSeconds"
DAY = 86_400
USUAL = 4 * DAY
"""What SQS takes where nothing is said."""


class LettersKept(Policy):
    name = "acme-letters-kept"
    wants = "A queue keeps its messages for three days or longer."
    why = "A system that broke on a Friday evening is mended on Monday; by then the letters must still be there."
    severity = Severity.WARNING
    types = (QUEUE,)
    remedy = f"set {KEPT} to {3 * DAY} or more."
    sources = ("https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",)
    breaks = (example(QUEUE, {KEPT: 2 * DAY}),)
    keeps = (example(QUEUE, {KEPT: 3 * DAY}), example(QUEUE, {}))

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        kept = resource.get(KEPT, USUAL)
        if isinstance(kept, int | float) and kept < 3 * DAY:
            yield Violation(detail=f"It keeps them for {kept / DAY:g} days.", path=KEPT)
