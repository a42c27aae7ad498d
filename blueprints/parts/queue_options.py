"""What a team may say about queues for heavier work."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from mlops_iac.blueprints.parts.files_options import Files
from mlops_iac.config.section import Section
from mlops_iac.core.instance_types import Processor
from mlops_iac.core.pools import kind_of

EC2_TYPE: Final = r"^(optimal|default_x86_64|default_arm64|[a-z][a-z-]*[0-9][a-z0-9-]*(\.[a-z0-9-]+)?)$"
"""A type, a family, or one of Batch's own words:
https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html"""
GPU_SHARED_GIB: Final = 4
"""Of a container on a queue of GPUs, where nothing is said: data loaders hand batches over in shared memory."""
MOST_NODES: Final = 500
"""AWS says no limit; each node is a whole machine, and `max_vcpus` has its own."""
USUAL: Final = ("cpu", "gpu")
TAKEN: Final = ("batch", "sagemaker", *USUAL)
"""Words that a step says for where it computes."""

QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20)]


class Reservation(Section):
    """Machines that the account has set aside; the environment neither makes nor ends it."""

    id: Annotated[str, StringConstraints(pattern=r"^cr-[0-9a-f]{8,17}$")] = Field(
        description="Of the Capacity Reservation, or of the Capacity Block.", examples=["cr-0a1b2c3d4e5f67890"]
    )
    block: bool = Field(
        default=False, description="It is a Capacity Block for ML: bought for a time, and used by who names it alone."
    )


class Machines(Section):
    instance_types: tuple[Annotated[str, StringConstraints(pattern=EC2_TYPE)], ...] = Field(
        min_length=1,
        max_length=20,
        description="EC2 types or families behind this queue, such as c6i or g5.xlarge, of one kind of processor. "
        "Machines with GPUs start with AWS's image that has NVIDIA's driver.",
    )
    max_vcpus: int = Field(default=64, ge=1, le=10_000, description="vCPUs in use at the same time, at most.")
    buying: tuple[Literal["spot", "on_demand"], ...] = Field(
        default=("spot", "on_demand"),
        min_length=1,
        max_length=2,
        description="How machines are bought, in the order in which the queue tries it.",
    )
    volume_gib: int = Field(default=100, ge=30, le=16384, description="Disk of each machine, in GiB.")
    subnet: int | None = Field(
        default=None,
        ge=1,
        le=16,
        examples=[1, 2],
        description="Number of the network's subnet in which machines start, so that all are in its zone. Left out: "
        "every one of them.",
    )
    placement: Literal["cluster"] | None = Field(
        default=None,
        description="`cluster`: machines stand close to each other, for much traffic between them; all are in one "
        "zone, of `subnet`. Left out: wherever there is room.",
    )
    reservation: Reservation | None = Field(
        default=None,
        description="Machines of one type that are set aside in one zone, for this queue. Left out: what is free.",
        json_schema_extra={"x-beside": {"instance_types": ["c6i.large"], "buying": ["on_demand"], "subnet": 1}},
    )

    @field_validator("instance_types")
    @classmethod
    def _check_types(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        kind_of(value)
        return value

    @field_validator("buying")
    @classmethod
    def _check_buying(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError(f"`{value[0]}` stands there twice: name each way once")
        return value

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-launch.html"""
        if self.placement and self.subnet is None:
            raise ValueError("a `placement` is in one zone: say in which `subnet` of the network, such as 1")
        if self.reservation is None:
            return self
        (first, *others), ways = self.instance_types, ", ".join(self.buying)
        if others or "." not in first:
            said = ", ".join(self.instance_types)
            raise ValueError(f"a `reservation` is of one type in one size, not of {said}: name that one")
        if "spot" in self.buying:
            raise ValueError(f"a `reservation` is for machines on demand, not {ways}: say `buying: [on_demand]`")
        if self.subnet is None:
            raise ValueError("a `reservation` is in one zone: say in which `subnet` of the network, such as 1")
        return self

    @property
    def processor(self) -> Processor:
        return kind_of(self.instance_types)


class Pool(Machines):
    shared_memory_gib: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="How much a container's processes may share in /dev/shm, in GiB; it counts as memory of the "
        f"container. Left out: {GPU_SHARED_GIB} where the machines have GPUs, elsewhere the 64 MiB that Docker gives.",
    )

    nodes: int = Field(
        default=1,
        ge=1,
        le=MOST_NODES,
        description="Machines that one training may have on this queue, which work together (a multi-node parallel "
        "job): what a step asks for as `job.instance_count`. They are bought on demand.",
    )

    @model_validator(mode="after")
    def _check_nodes(self) -> Self:
        """https://docs.aws.amazon.com/batch/latest/userguide/mnp-ce.html"""
        if self.nodes > 1 and "spot" in self.buying:
            raise ValueError(
                f"`nodes` is {self.nodes}, and `buying` is {', '.join(self.buying)}: AWS Batch runs no job of several "
                "nodes on spot machines, so say `buying: [on_demand]`, or leave `nodes` out"
            )
        return self

    @property
    def shared_memory_mib(self) -> int | None:
        """None: as Docker has it."""
        gib = self.shared_memory_gib or (GPU_SHARED_GIB if self.processor == "gpu" else None)
        return None if gib is None else gib * 1024


CPU: Final = Pool(instance_types=("m5", "c5"))


class BatchQueues(Section):
    """Queues for heavier work than a SageMaker job's: arrays of thousands, GPUs on spot."""

    enabled: bool = Field(
        default=False,
        description="Build the queues. Idle machines cost nothing; the endpoints the network then needs cost about "
        "90 $ a month, but in a sandbox, whose machines reach the internet.",
    )
    cpu: Pool = Field(default=CPU, description="The queue `cpu`.")
    gpu: Pool = Field(default=Pool(instance_types=("g5",), max_vcpus=32), description="The queue `gpu`.")
    more: dict[QueueName, Pool] = Field(
        default={}, max_length=10, description="More queues, by names of your own: what a step says as its `compute`."
    )

    @field_validator("more")
    @classmethod
    def _check_more(cls, value: dict[str, Pool]) -> dict[str, Pool]:
        if taken := sorted({*TAKEN} & {*value}):
            raise ValueError(f"`{taken[0]}` is taken: give the queue another name")
        return value

    @property
    def pools(self) -> dict[str, Pool]:
        """By the names of their queues; none where none are built."""
        return {"cpu": self.cpu, "gpu": self.gpu, **self.more} if self.enabled else {}


class QueueOptions(Section):
    """The options of a blueprint that offers queues."""

    batch: BatchQueues = Field(default=BatchQueues(), description="Queues for heavier work. Left out: none are built.")
    files: Files | None = Field(
        default=None,
        description="A folder that all containers on queues share, and that outlives them. Left out: there is none.",
    )

    @model_validator(mode="after")
    def _check_files(self) -> Self:
        if self.files and not self.batch.enabled:
            raise ValueError("`files` are for containers on queues: say `batch: {enabled: true}`, or leave them out")
        return self

    @property
    def pools_by_place(self) -> dict[str, Pool]:
        """By where a stack file says them, below ``options``."""
        return {
            f"batch.{name}" if name in USUAL else f"batch.more.{name}": one for name, one in self.batch.pools.items()
        }
