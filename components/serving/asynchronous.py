"""An endpoint that takes its time: requests and answers lie in the lake, and a queue stands before the machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pulumi

from mlops_iac.components._kit import LakeRef, TopicRef
from mlops_iac.components.serving.ranges import within
from mlops_iac.components.serving.realtime import Realtime
from mlops_iac.components.serving.scaling import BacklogScaling

Notify = Literal["nothing", "failures", "all"]
_TOPICS: Mapping[Notify, tuple[str, ...]] = {
    "nothing": (),
    "failures": ("ErrorTopic",),
    "all": ("ErrorTopic", "SuccessTopic"),
}

FOLDER = "inference"
"""Below the curated zone: ``requests/`` that people put there, ``answers/`` and ``failures/``."""


@dataclass(frozen=True, kw_only=True)
class Asynchronous(Realtime):
    """Predictions of up to an hour each, for requests of up to 1 GB."""

    max_concurrent: int | None = None
    """Requests that an instance gets at the same time, 1 to 1000. Left out: SageMaker chooses."""

    scaling: BacklogScaling | None = None
    """As many instances as the queue needs, none while nobody asks, instead of `instances`. Left out: always the same
    number."""

    notify: Notify = "nothing"
    """What the team's topic is told of: each answer, or those that failed. Left out: nothing."""

    word: ClassVar[Literal["realtime", "async"]] = "async"

    def check(self) -> None:
        super().check()
        if self.max_concurrent is not None:
            within("max_concurrent", self.max_concurrent, 1, 1000)

    def places(self, lake: LakeRef) -> str:
        """The prefix of everything that is asked and answered."""
        return f"{lake.zones['curated']}{FOLDER}/"

    @property
    def topics(self) -> tuple[str, ...]:
        """What of SageMaker's NotificationConfig is given."""
        return _TOPICS[self.notify]

    def config(self, lake: LakeRef, alerts: TopicRef | None) -> dict[str, Any]:
        """SageMaker's AsyncInferenceConfig."""
        place = lake.uri(self.places(lake))
        output: dict[str, Any] = {
            "S3OutputPath": pulumi.Output.concat(place, "answers/"),
            "S3FailurePath": pulumi.Output.concat(place, "failures/"),
            **({"KmsKeyId": lake.key_arn} if lake.key_arn else {}),
            **({"NotificationConfig": dict.fromkeys(self.topics, alerts.arn)} if alerts and self.topics else {}),
        }
        client = {"MaxConcurrentInvocationsPerInstance": self.max_concurrent} if self.max_concurrent else None
        return {"OutputConfig": output, **({"ClientConfig": client} if client else {})}
