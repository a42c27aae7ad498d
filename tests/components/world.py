"""A sample of every component, and all of them at once."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pulumi

from mlops_iac.components._kit import EndpointRef, Grant, LakeRef, Named, Reach, Site
from mlops_iac.components._kit.base import Component
from mlops_iac.components.approvals import Approvals, ApprovalsArgs
from mlops_iac.components.catalogue import Catalogue, CatalogueArgs
from mlops_iac.components.compute.batch import BatchCompute, BatchComputeArgs, JobDefinitionArgs
from mlops_iac.components.compute.sagemaker import SageMakerCompute, SageMakerComputeArgs
from mlops_iac.components.data_lake import DataLake, DataLakeArgs, Table
from mlops_iac.components.encryption import Encryption, EncryptionArgs
from mlops_iac.components.identity import Boundary, BoundaryArgs, Role, RoleArgs
from mlops_iac.components.monitoring.alerts import Alerts, AlertsArgs
from mlops_iac.components.monitoring.cloudwatch import Monitoring, MonitoringArgs
from mlops_iac.components.monitoring.drift import DriftMonitor, DriftMonitorArgs, QualityBound
from mlops_iac.components.network import Network, NetworkArgs
from mlops_iac.components.orchestrator.airflow import Airflow, AirflowArgs, AirflowDag, AirflowDagArgs
from mlops_iac.components.orchestrator.sagemaker_pipelines import SageMakerPipelines, SageMakerPipelinesArgs
from mlops_iac.components.orchestrator.step_functions import StepFunctions, StepFunctionsArgs
from mlops_iac.components.orchestrator.triggers import Clock, Happening, Trigger, Triggers, TriggersArgs
from mlops_iac.components.registry.ecr import ImageRepository, ImageRepositoryArgs
from mlops_iac.components.registry.model_cards import ModelCards, ModelCardsArgs
from mlops_iac.components.registry.sagemaker import ModelRegistry, ModelRegistryArgs
from mlops_iac.components.serving.endpoint import Capture, Endpoint, EndpointArgs, Realtime
from mlops_iac.testing.contracts.components import Args
from mlops_iac.testing.contracts.world import (
    ACCOUNT,
    PROFILES,
    REGION,
    Made,
    Neighbours,
    World,
    grants_of,
    run,
    site,
)

__all__ = [
    "ACCOUNT",
    "IMAGE",
    "PROFILES",
    "REGION",
    "SAMPLES",
    "SAMPLE_REACH",
    "Made",
    "Neighbours",
    "World",
    "everything",
    "grants_of",
    "make_sample",
    "run",
    "site",
]

IMAGE = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"

SAMPLES: dict[type[Component], Args] = {
    Airflow: lambda n: AirflowArgs(network=n.network.ref, key=n.encryption.ref, boundary=n.boundary.ref),
    AirflowDag: lambda n: AirflowDagArgs(
        airflow=Airflow(n.site.named("runner"), AirflowArgs(network=n.network.ref)),
        name="training",
        document='{"source": "# a DAG"}',
    ),
    Alerts: lambda n: AlertsArgs(emails=("team@example.org",), key=n.encryption.ref),
    Approvals: lambda n: ApprovalsArgs(key=n.encryption.ref),
    BatchCompute: lambda n: BatchComputeArgs(
        network=n.network.ref,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
        jobs={"train": JobDefinitionArgs(image=IMAGE, gpus=1)},
    ),
    Boundary: lambda n: BoundaryArgs(also=(Reach(actions=("dynamodb:GetItem",)),)),
    Catalogue: lambda n: CatalogueArgs(profile={"AWS_REGION": REGION}),
    DataLake: lambda n: DataLakeArgs(
        key=n.encryption.ref,
        expire_raw_after_days=90,
        tables={"patients": Table(zone="raw", columns={"id": "bigint", "radius": "double"})},
    ),
    DriftMonitor: lambda n: DriftMonitorArgs(
        endpoint=EndpointRef(
            name=f"{n.site.stack}-endpoint", flavour="realtime", role_arn="arn:aws:iam::1:role/sample"
        ),
        quality=QualityBound(metric="auc", direction="at_least", bound=0.9),
        alerts=n.alerts.ref,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    Encryption: lambda n: EncryptionArgs(),
    Endpoint: lambda n: EndpointArgs(
        flavour=Realtime(),
        network=n.network.ref,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
        images=(IMAGE,),
        alerts=n.alerts.ref,
        capture=Capture(),
        lake=replace(_LAKE, zones={"curated": "curated/"}),
    ),
    ImageRepository: lambda n: ImageRepositoryArgs(key=n.encryption.ref),
    ModelCards: lambda n: ModelCardsArgs(key=n.encryption.ref, boundary=n.boundary.ref),
    ModelRegistry: lambda n: ModelRegistryArgs(),
    Monitoring: lambda n: MonitoringArgs(
        alerts=n.alerts.ref,
        pipelines={"training": StepFunctions(n.site.named("watched"), StepFunctionsArgs(definition="{}")).ref},
    ),
    Network: lambda n: NetworkArgs(key=n.encryption.ref, boundary=n.boundary.ref),
    Role: lambda n: RoleArgs(
        services=("sagemaker.amazonaws.com",),
        description="A sample",
        boundary=n.boundary.ref,
        grants=[_SAMPLE_GRANT],
    ),
    SageMakerCompute: lambda n: SageMakerComputeArgs(
        network=n.network.ref, key=n.encryption.ref, boundary=n.boundary.ref, images=(IMAGE,)
    ),
    SageMakerPipelines: lambda n: SageMakerPipelinesArgs(
        definition=lambda own: pulumi.Output.from_input("{}"), key=n.encryption.ref, boundary=n.boundary.ref
    ),
    StepFunctions: lambda n: StepFunctionsArgs(
        definition={"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}},
        trace=True,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    Triggers: lambda n: TriggersArgs(
        triggers={
            "nightly": _trigger(Clock(expression="cron(0 6 * * ? *)", timezone="Europe/Berlin")),
            "fresh": _trigger(Happening(pattern={"source": ["aws.s3"]}, quiet_minutes=5)),
        },
        lake=_LAKE,
        bucket_events=True,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
}
"""Each component with arguments under which it makes all that its profile allows."""


def _trigger(when: Clock | Happening) -> Trigger:
    request = {"service": "stepfunctions", "operation": "start_execution", "arguments": "{}"}
    return Trigger(when=when, request=request, names={"train": 63}, code="code/current/training.json")


_BUCKET = "screening-dev-lake-1234567"
_LAKE = LakeRef(bucket=_BUCKET, arn=f"arn:aws:s3:::{_BUCKET}", key_arn=None, zones={})


def _sample_grant() -> Any:
    return Grant(
        owner="sample",
        what="read",
        actions=("s3:GetObject",),
        resources=("arn:aws:s3:::screening-dev-lake-1234567/raw/*",),
    )


_SAMPLE_GRANT = _sample_grant()

SAMPLE_REACH = (Reach(actions=_SAMPLE_GRANT.actions),)
"""What the boundary of the samples lets roles do besides what components allow."""


def sample_name(kind: type[Component]) -> str:
    return f"a-{kind.__name__.lower()}"


def make_sample(kind: type[Component], neighbours: Neighbours, **change: Any) -> Component:
    from dataclasses import replace

    place = Named(neighbours.site, sample_name(kind))
    args = replace(SAMPLES[kind](neighbours), **change)
    return kind(place, args)  # type: ignore[arg-type]


ALONE = frozenset({Airflow, AirflowDag})
"""An environment has one orchestrator, and this one's rights are many: no boundary holds them beside the others'."""


def everything(site: Site) -> dict[type[Component], Any]:
    """One of each component, with every grant that owners can give, given to roles of the environment: IAM's limit of a
    policy's length is less than what all of them take together."""
    neighbours = Neighbours.make(site, *SAMPLE_REACH)
    kinds = [kind for kind in SAMPLES if kind not in ALONE]
    made: dict[type[Component], Any] = {kind: make_sample(kind, neighbours) for kind in kinds}
    takers = itertools.cycle((made[Role], made[StepFunctions].role))
    for component, taker in zip(list(made.values()), takers, strict=False):
        for grant in grants_of(component):
            grant(taker)
    jobs = made[SageMakerCompute].role
    made[DataLake].grant_read(jobs, "raw", "code/")
    made[DataLake].grant_write(jobs, "models")
    made[Endpoint].grant_deploy(made[StepFunctions].role)
    return made
