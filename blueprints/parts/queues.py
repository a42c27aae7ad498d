"""Queues for heavier work than a SageMaker job's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_iac.blueprints.parts.foundation import Foundation, needed_by
from mlops_iac.blueprints.parts.jobs import READ, WRITTEN
from mlops_iac.blueprints.parts.queue_options import QueueOptions
from mlops_iac.core.frameworks import Framework

if TYPE_CHECKING:
    from mlops_iac.components.compute.batch import BatchCompute


def endpoints(options: QueueOptions, orchestrator: str) -> tuple[str, ...]:
    """Interface endpoints that the network needs: Batch's machines must reach ECS, ECR and CloudWatch Logs, and an
    orchestrator that runs in it what it calls; SageMaker's jobs need none."""
    from mlops_iac.components.network import BATCH_ENDPOINTS

    return needed_by(orchestrator, *(BATCH_ENDPOINTS if options.batch.enabled else ()))


def make_queues(foundation: Foundation, options: QueueOptions, framework: Framework) -> BatchCompute | None:
    """The queues that the team asked for; None when it did not. Their jobs may do with the lake what SageMaker's may,
    and run the framework's image, or the team's own."""
    if not options.batch.enabled:
        return None
    # Imported here: few ask, and it is a tenth of what a preview imports.
    from mlops_iac.components.compute.batch import BatchCompute, BatchComputeArgs, JobDefinitionArgs, PoolArgs

    pools = {
        name: PoolArgs(instance_types=pool.instance_types, max_vcpus=pool.max_vcpus)
        for name, pool in (("cpu", options.batch.cpu), ("gpu", options.batch.gpu))
    }
    images = {
        name: framework.image(foundation.site.region, "training", name)
        for name in pools
        if name in framework.processors
    }
    args = BatchComputeArgs(
        network=foundation.network,
        pools=pools,
        jobs={name: JobDefinitionArgs(image=image) for name, image in images.items()},
        key=foundation.key,
        boundary=foundation.boundary,
    )
    batch = BatchCompute(foundation.site.named("batch"), args)
    foundation.lake.grant_read(batch.role, *READ)
    foundation.lake.grant_write(batch.role, *WRITTEN)
    for role in batch.pulling_roles:
        foundation.images.grant_pull(role)
    return batch
