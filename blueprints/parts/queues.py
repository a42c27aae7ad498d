"""Queues for heavier work than a SageMaker job's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.jobs import READ, WRITTEN
from mlops_iac.blueprints.parts.queue_options import Pool
from mlops_iac.core.frameworks import Framework
from mlops_iac.core.instance_types import Processor

if TYPE_CHECKING:
    from mlops_iac.components.compute.batch import BatchCompute

PROCESSORS: Final[Mapping[str, Processor]] = {"cpu": "cpu", "gpu": "gpu"}
"""A queue's name to what its machines have."""


def endpoints() -> tuple[str, ...]:
    """Interface endpoints that the network needs for queues: Batch's machines must reach ECS, ECR and CloudWatch
    Logs; SageMaker's jobs need none."""
    from mlops_iac.components.network import BATCH_ENDPOINTS, REGULATED_ENDPOINTS

    return tuple(sorted({*BATCH_ENDPOINTS, *REGULATED_ENDPOINTS}))


def make_queues(
    foundation: Foundation,
    pools: Mapping[str, Pool],
    framework: Framework,
    *,
    more: tuple[str, ...] = (),
) -> BatchCompute:
    """Queues by the names of their pools. Their jobs may do with the lake what SageMaker's may, read and write ``more``
    of it, and run the framework's image, or the team's own."""
    # Imported here: few ask, and it is a tenth of what a preview imports.
    from mlops_iac.components.compute.batch import BatchCompute, BatchComputeArgs, JobDefinitionArgs, PoolArgs

    images = {
        name: framework.image(foundation.site.region, "training", kind)
        for name in pools
        if (kind := PROCESSORS[name]) in framework.processors
    }
    args = BatchComputeArgs(
        network=foundation.network,
        pools={
            name: PoolArgs(instance_types=pool.instance_types, max_vcpus=pool.max_vcpus) for name, pool in pools.items()
        },
        jobs={name: JobDefinitionArgs(image=image) for name, image in images.items()},
        key=foundation.key,
        boundary=foundation.boundary,
    )
    batch = BatchCompute(foundation.site.named("batch"), args)
    foundation.lake.grant_read(batch.role, *READ, *more)
    foundation.lake.grant_write(batch.role, *WRITTEN, *more)
    for role in batch.pulling_roles:
        foundation.images.grant_pull(role)
    return batch
