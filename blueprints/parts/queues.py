"""Queues for heavier work than a SageMaker job's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlops_iac.blueprints.parts.files import VARIABLE, make_files
from mlops_iac.blueprints.parts.files_options import Files
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.jobs import READ, WRITTEN
from mlops_iac.blueprints.parts.queue_options import Pool
from mlops_iac.core.frameworks import Framework

if TYPE_CHECKING:
    from mlops_iac.components.compute.batch import BatchCompute


def make_queues(
    foundation: Foundation,
    pools: Mapping[str, Pool],
    framework: Framework,
    *,
    more: tuple[str, ...] = (),
    files: Files | None = None,
) -> BatchCompute:
    """Queues by the names of their pools. Their jobs may do with the lake what SageMaker's may, read and write ``more``
    of it, share ``files``, and run the framework's image, or the team's own."""
    # Imported here: few ask, and it is a tenth of what a preview imports.
    from mlops_iac.components.compute.batch import BatchCompute, BatchComputeArgs, JobDefinitionArgs, PoolArgs

    shared = make_files(foundation, files) if files else None
    seen = {files.path: shared.folders["shared"]} if files and shared else {}
    args = BatchComputeArgs(
        network=foundation.network,
        pools={
            name: PoolArgs(
                instance_types=pool.instance_types,
                max_vcpus=pool.max_vcpus,
                buying=pool.buying,
                volume_gib=pool.volume_gib,
                subnet=pool.subnet,
                together=pool.placement == "cluster",
                reservation_id=pool.reservation.id if pool.reservation else None,
                capacity_block=bool(pool.reservation and pool.reservation.block),
            )
            for name, pool in pools.items()
        },
        jobs={
            name: JobDefinitionArgs(
                image=framework.image(foundation.site.region, "training", pool.processor),
                gpus=1 if pool.processor == "gpu" else 0,
                shared_memory_mib=pool.shared_memory_mib,
                environment={VARIABLE: files.path} if files else {},
                files=seen,
                nodes=pool.nodes,
            )
            for name, pool in pools.items()
            if pool.processor in framework.processors
        },
        key=foundation.key,
        boundary=foundation.boundary,
    )
    batch = BatchCompute(foundation.site.named("batch"), args)
    foundation.lake.grant_read(batch.role, *READ, *more)
    foundation.lake.grant_write(batch.role, *WRITTEN, *more)
    if shared:
        shared.grant_write(batch.role)
    for role in batch.pulling_roles:
        foundation.images.grant_pull(role)
    return batch
