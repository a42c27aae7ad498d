"""Keeping what an endpoint is asked and what it answers: SageMaker's data capture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_iac.components._kit import LakeRef
from mlops_iac.components.serving.ranges import within

FOLDER = "capture/"
"""Below the curated zone; SageMaker adds endpoint, variant, year, month, day and hour to the folder of a run."""


@dataclass(frozen=True, kw_only=True)
class Capture:
    """How much of it is kept."""

    percent: int = 100
    """Part of the requests, 1 to 100. Left out: all."""

    def check(self) -> None:
        within("percent", self.percent, 1, 100)

    def place(self, lake: LakeRef) -> str:
        """The prefix of all that is captured."""
        return f"{lake.zones['curated']}{FOLDER}"

    def config(self, lake: LakeRef) -> dict[str, Any]:
        """SageMaker's DataCaptureConfig. Content types that are not named would be kept in base64."""
        return {
            "EnableCapture": True,
            "InitialSamplingPercentage": self.percent,
            "DestinationS3Uri": lake.uri(self.place(lake)),
            **({"KmsKeyId": lake.key_arn} if lake.key_arn else {}),
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
        }
