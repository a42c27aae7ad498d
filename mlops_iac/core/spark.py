"""What there is of Spark on EMR Serverless: releases, and sizes of workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RELEASES: Final[Mapping[str, str]] = {
    "emr-7.0.0": "3.5.0",
    "emr-7.1.0": "3.5.0",
    "emr-7.4.0": "3.5.2",
    "emr-7.5.0": "3.5.2",
    "emr-7.6.0": "3.5.3",
    "emr-7.7.0": "3.5.3",
    "emr-7.9.0": "3.5.5",
    "emr-7.11.0": "3.5.6",
}
"""Release to its version of Spark, by the pages "EMR Serverless 7.x.0" of its user guide; not held against them.
https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/release-versions.html"""
NEWEST: Final = "emr-7.11.0"

MEMORY: Final[Mapping[int, tuple[int, int, int]]] = {
    1: (2, 8, 1),
    2: (4, 16, 1),
    4: (8, 30, 1),
    8: (16, 60, 4),
    16: (32, 120, 8),
}
"""vCPUs of a worker to its least and most memory in GB, and the step between two sizes ("Understanding worker
configurations" in the same guide; not held against it)."""
OVERHEAD: Final = 0.1
"""What Spark adds to a driver's or an executor's memory for all that is not on its heap, at least 384 MB
(spark.executor.memoryOverheadFactor)."""
LEAST_OVERHEAD_GB: Final = 0.375


def find_size_fault(cores: int, memory_gb: int) -> str:
    """Why no worker has this size, in a sentence; empty when one has."""
    if cores not in MEMORY:
        return f"A worker has {', '.join(map(str, MEMORY))} vCPUs, and this is {cores}."
    least, most, step = MEMORY[cores]
    if not least <= memory_gb <= most or (memory_gb - least) % step:
        steps = f" in steps of {step}" if step > 1 else ""
        return f"A worker of {cores} vCPUs has {least} to {most} GB{steps}, and this is {memory_gb}."
    return ""


def heap_mb(memory_gb: int) -> int:
    """What is left for the heap in a worker of this size: EMR Serverless rounds heap and overhead up to whole GB."""
    overhead = max(LEAST_OVERHEAD_GB, memory_gb * OVERHEAD / (1 + OVERHEAD))
    return int((memory_gb - overhead) * 1024)
