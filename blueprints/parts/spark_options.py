"""What a team may say about its Spark."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from mlops_iac.config.section import Section
from mlops_iac.core.spark import NEWEST, RELEASES


class SparkSettings(Section):
    """Spark on EMR Serverless, in the environment's network; nothing of it runs, or costs, between jobs."""

    release: str = Field(
        default=NEWEST, description=f"Release of EMR, which says the version of Spark: {', '.join(RELEASES)}."
    )
    architecture: Literal["ARM64", "X86_64"] = Field(
        default="ARM64", description="Processors of the workers; ARM64 costs a fifth less."
    )
    most_vcpus: int = Field(default=32, ge=2, le=100_000, description="vCPUs of all jobs together, at most.")
    most_memory_gb: int = Field(default=128, ge=4, le=800_000, description="Memory of all jobs together, at most.")
    most_disk_gb: int = Field(
        default=640, ge=40, le=4_000_000, description="Disks of all jobs together, at most; each worker has 20 GB."
    )
    idle_minutes: int = Field(
        default=5,
        ge=1,
        le=7 * 24 * 60,
        description="It is stopped after this many minutes without a job; only then `up` can change it.",
    )

    @field_validator("release")
    @classmethod
    def _check_release(cls, value: str) -> str:
        if value not in RELEASES:
            raise ValueError(f"`{value}` is no release that is known; known are {', '.join(RELEASES)}")
        return value


class SparkOptions(Section):
    """The options of a blueprint whose pipelines can run Spark."""

    spark: SparkSettings | None = Field(
        default=None,
        description="Where steps of the kind `spark` run. Left out: there is none; `{}` makes one. Idle it costs "
        "nothing; the endpoints that the network then needs cost about 120 $ a month.",
    )


def asked(options: object) -> SparkSettings | None:
    """What is said of Spark, where the blueprint can have it."""
    return options.spark if isinstance(options, SparkOptions) else None
