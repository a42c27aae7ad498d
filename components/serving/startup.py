"""What containers need that load for minutes: time, and machines whose drivers are as new as what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_iac.components.serving.ranges import within


@dataclass(frozen=True, kw_only=True)
class Startup:
    """How the machines of an endpoint start its models.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
    """

    seconds: int = 600
    """How long a container may take until it answers a health check, and how long its model may take to be fetched, 60
    to 3600 each. Left out: ten minutes, which weights of some tens of gigabytes take."""
    ami: str | None = None
    """InferenceAmiVersion: driver and CUDA of the machines. Left out: SageMaker's usual."""

    def check(self) -> None:
        within("seconds", self.seconds, 60, 3600)

    @property
    def settings(self) -> dict[str, Any]:
        """Of SageMaker's ProductionVariant."""
        return {
            "ContainerStartupHealthCheckTimeoutInSeconds": self.seconds,
            "ModelDataDownloadTimeoutInSeconds": self.seconds,
            **({"InferenceAmiVersion": self.ami} if self.ami else {}),
        }
