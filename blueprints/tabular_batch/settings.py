"""The team's options, in the words of each component."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_iac.blueprints.tabular_batch.options import Serverless as ServerlessOptions
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions
from mlops_iac.components._kit.refs import BoundaryRef, KeyRef, NetworkRef, TopicRef
from mlops_iac.components._kit.site import Named, Site
from mlops_iac.components.compute.sagemaker import SageMakerComputeArgs
from mlops_iac.components.data_lake import DataLakeArgs, Table
from mlops_iac.components.network import BATCH_ENDPOINTS, REGULATED_ENDPOINTS, NetworkArgs
from mlops_iac.components.serving.endpoint import EndpointArgs, Realtime, Serverless
from mlops_iac.core.frameworks import Framework

if TYPE_CHECKING:
    from mlops_iac.components.compute.batch import BatchCompute


def network(options: TabularBatchOptions, key: KeyRef | None, boundary: BoundaryRef) -> NetworkArgs:
    """Batch's machines must reach ECS, ECR and CloudWatch Logs; SageMaker's jobs need no endpoint."""
    if not options.batch.enabled:
        return NetworkArgs(key=key, boundary=boundary)
    endpoints = tuple(sorted({*BATCH_ENDPOINTS, *REGULATED_ENDPOINTS}))
    return NetworkArgs(key=key, boundary=boundary, interface_endpoints=endpoints)


def lake(options: TabularBatchOptions, key: KeyRef | None) -> DataLakeArgs:
    tables = {
        name: Table(zone=table.zone, prefix=table.prefix, format=table.format, columns=table.columns)
        for name, table in options.tables.items()
    }
    return DataLakeArgs(key=key, expire_raw_after_days=options.retention_days, tables=tables)


def compute(
    options: TabularBatchOptions,
    site: Site,
    framework: Framework,
    network: NetworkRef,
    key: KeyRef | None,
    boundary: BoundaryRef,
) -> SageMakerComputeArgs:
    """Limits are what the steps ask for: no job of this environment may be larger."""
    machines = options.machines
    return SageMakerComputeArgs(
        images=(framework.image(site.region, "training"),),
        instance_type=machines["train"].instance_type,
        allowed_instance_types=tuple(sorted({machine.instance_type for machine in machines.values()})),
        max_runtime_seconds=max(machine.max_minutes for machine in machines.values()) * 60,
        network_isolation=site.isolated,
        network=network,
        key=key,
        boundary=boundary,
    )


def endpoint(
    options: TabularBatchOptions,
    site: Site,
    framework: Framework,
    network: NetworkRef,
    key: KeyRef | None,
    boundary: BoundaryRef,
    alerts: TopicRef,
) -> EndpointArgs:
    """The flavour that the team chose."""
    serving = options.serving
    flavour: Serverless | Realtime
    if isinstance(serving, ServerlessOptions):
        flavour = Serverless(memory_mb=serving.memory_mb, max_concurrency=serving.max_concurrency)
    else:
        flavour = Realtime(instance_type=serving.instance_type, instances=serving.instance_count)
    return EndpointArgs(
        flavour=flavour,
        images=(framework.image(site.region, "serving"),),
        network=network,
        key=key,
        boundary=boundary,
        alerts=alerts,
    )


def batch(
    place: Named, options: TabularBatchOptions, network: NetworkRef, key: KeyRef | None, boundary: BoundaryRef
) -> BatchCompute:
    """The queues that the team asked for. Imported here: few ask, and it is a tenth of what a preview imports."""
    from mlops_iac.components.compute.batch import BatchCompute, BatchComputeArgs, PoolArgs

    pools = {
        name: PoolArgs(instance_types=pool.instance_types, max_vcpus=pool.max_vcpus)
        for name, pool in (("cpu", options.batch.cpu), ("gpu", options.batch.gpu))
    }
    return BatchCompute(place, BatchComputeArgs(network=network, pools=pools, key=key, boundary=boundary))
