"""What a team may say about queues for heavier work."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mlops_iac.config.section import Section

EC2_TYPE = r"^(optimal|default_x86_64|default_arm64|[a-z][a-z-]*[0-9][a-z0-9-]*(\.[a-z0-9-]+)?)$"
"""A type, a family, or one of Batch's own words:
https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html"""


class Pool(Section):
    instance_types: tuple[Annotated[str, StringConstraints(pattern=EC2_TYPE)], ...] = Field(
        min_length=1, max_length=20, description="EC2 types or families behind this queue, such as c6i or g5.xlarge."
    )
    max_vcpus: int = Field(default=64, ge=1, le=10_000, description="vCPUs in use at the same time, at most.")


class BatchQueues(Section):
    """Queues for heavier work than a SageMaker job's: arrays of thousands, GPUs on spot."""

    enabled: bool = Field(
        default=False,
        description="Build the queues. Idle machines cost nothing; the endpoints the network then needs cost about "
        "90 $ a month.",
    )
    cpu: Pool = Field(default=Pool(instance_types=("m5", "c5")), description="The queue `cpu`.")
    gpu: Pool = Field(default=Pool(instance_types=("g5",), max_vcpus=32), description="The queue `gpu`.")

    @property
    def pools(self) -> dict[str, Pool]:
        """By the names of their queues; none where none are built."""
        return {"cpu": self.cpu, "gpu": self.gpu} if self.enabled else {}


class QueueOptions(Section):
    """The options of a blueprint that offers queues."""

    batch: BatchQueues = Field(default=BatchQueues(), description="Queues for heavier work. Left out: none are built.")
