"""What tabular-batch is made of: construct, wire, grant, return."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from mlops_iac.blueprints.definition import definition
from mlops_iac.blueprints.tabular_batch import settings
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions
from mlops_iac.blueprints.tabular_batch.outputs import outputs
from mlops_iac.components._kit.refs import BoundaryRef, KeyRef, NetworkRef, QueueRef
from mlops_iac.components._kit.site import Site
from mlops_iac.components.catalogue import Catalogue, CatalogueArgs
from mlops_iac.components.compute.sagemaker import SageMakerCompute
from mlops_iac.components.data_lake import DataLake
from mlops_iac.components.encryption import Encryption
from mlops_iac.components.identity import Boundary
from mlops_iac.components.monitoring.alerts import Alerts, AlertsArgs
from mlops_iac.components.monitoring.cloudwatch import Monitoring, MonitoringArgs
from mlops_iac.components.network import Network
from mlops_iac.components.orchestrator.orchestrator import OrchestratorArgs, Own, make_orchestrator
from mlops_iac.components.registry.ecr import ImageRepository, ImageRepositoryArgs
from mlops_iac.components.registry.sagemaker import ModelRegistry
from mlops_iac.components.serving.endpoint import Endpoint
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.environment import Environment
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.pipeline import Pipeline

READ = ("raw", "curated", "features", "models", "code/")
WRITTEN = ("curated", "features", "models")
"""What jobs read and write of the lake."""


def build(site: Site, stack: StackConfig, options: TabularBatchOptions, training: Pipeline) -> Environment:
    """Make the environment. Every line is one thing that a team gets, one wire, or one permission."""
    framework = get_framework(options.framework.name, options.framework.version)

    boundary = Boundary(site.named("boundary"))
    encryption = Encryption(site.named("encryption"))
    key = encryption.ref
    network = Network(site.named("network"), settings.network(options, key, boundary.ref))
    alerts = Alerts(site.named("alerts"), AlertsArgs(emails=(stack.owner,) if stack.owner else (), key=key))
    lake = DataLake(site.named("lake"), settings.lake(options, key))
    compute = SageMakerCompute(
        site.named("compute"), settings.compute(options, site, framework, network.ref, key, boundary.ref)
    )
    registry = ModelRegistry(site.named("registry"))
    images = ImageRepository(site.named("images"), ImageRepositoryArgs(key=key))
    endpoint = Endpoint(
        site.named("endpoint"),
        settings.endpoint(options, site, framework, network.ref, key, boundary.ref, alerts.ref),
    )

    def document(own: Own) -> pulumi.Output[str]:
        return definition(
            training,
            site,
            target=options.orchestrator,
            own=own,
            lake=lake.ref,
            jobs=compute.ref,
            registries={"main": registry.ref},
            endpoints={"main": endpoint.ref},
            alerts=alerts.ref,
            alerts_key_arn=encryption.key_arn,
            framework=framework,
        )

    flow = make_orchestrator(
        options.orchestrator,
        site.named("training"),
        OrchestratorArgs(definition=document, key=key, boundary=boundary.ref),
    )
    monitoring = Monitoring(
        site.named("monitoring"),
        MonitoringArgs(
            alerts=alerts.ref,
            pipelines={"training": flow.ref},
            endpoints=[endpoint.ref],
            monthly_budget_usd=options.monthly_budget_usd,
        ),
    )
    lake.grant_read(compute.role, *READ)
    lake.grant_write(compute.role, *WRITTEN)
    lake.grant_read(endpoint.role, "models")
    lake.grant_read(flow.role, "models")
    compute.grant_run(flow.role)
    registry.grant_publish(flow.role)
    registry.grant_read(endpoint.role)
    registry.grant_read(flow.deploy_role)
    endpoint.grant_deploy(flow.deploy_role)
    if flow.notifies:
        alerts.grant_publish(flow.role)
    queues = queued(site, options, network.ref, key, boundary.ref, lake, images) if options.batch.enabled else {}

    profile: dict[str, pulumi.Input[str]] = {
        "AWS_REGION": site.region,
        "MLOPS_IAC_STACK": site.stack,
        "MLOPS_IAC_BUCKET": lake.bucket_name,
        "MLOPS_IAC_PIPELINE_TRAINING": flow.ref.handle,
        "MLOPS_IAC_MODEL_PACKAGE_GROUP": registry.group_name,
        "MLOPS_IAC_ENDPOINT": endpoint.endpoint_name,
    }
    Catalogue(site.named("catalogue"), CatalogueArgs(profile=profile))

    return outputs(
        site,
        stack,
        options,
        training,
        lake=lake.ref,
        flow=flow.ref,
        jobs=compute.ref,
        registry=registry.ref,
        images=images.ref,
        endpoint=endpoint.ref,
        queues=queues,
        alerts=alerts.ref,
        dashboard=monitoring.dashboard_name,
    )


def queued(
    site: Site,
    options: TabularBatchOptions,
    network: NetworkRef,
    key: KeyRef | None,
    boundary: BoundaryRef,
    lake: DataLake,
    images: ImageRepository,
) -> Mapping[str, QueueRef]:
    """Queues for heavier work, by name: their jobs may do with the lake what SageMaker's may, and run the team's own
    images."""
    batch = settings.batch(site.named("batch"), options, network, key, boundary)
    lake.grant_read(batch.role, *READ)
    lake.grant_write(batch.role, *WRITTEN)
    for role in batch.pulling_roles:
        images.grant_pull(role)
    return batch.queues
