"""A sample of every component, and all of them at once."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from typing import Any

import pulumi

from mlops_iac.components._kit import (
    DomainRef,
    EndpointRef,
    Grant,
    LakeRef,
    Named,
    QueueRef,
    Reach,
    RoleRef,
    Site,
    VectorStoreRef,
)
from mlops_iac.components._kit.base import Component
from mlops_iac.components._kit.refs import CatalogueRef
from mlops_iac.components.access import Access, AccessArgs, Member
from mlops_iac.components.account import (
    CiAccess,
    CiAccessArgs,
    ReviewKey,
    ReviewKeyArgs,
    StateStore,
    StateStoreArgs,
    hosts,
    rights,
)
from mlops_iac.components.api.rest import Api, ApiArgs
from mlops_iac.components.approvals import Approvals, ApprovalsArgs
from mlops_iac.components.catalogue import Catalogue, CatalogueArgs
from mlops_iac.components.compute.batch import BatchCompute, BatchComputeArgs, JobDefinitionArgs, PoolArgs
from mlops_iac.components.compute.sagemaker import SageMakerCompute, SageMakerComputeArgs
from mlops_iac.components.config_rules import ConfigRules, ConfigRulesArgs
from mlops_iac.components.data_lake import DataLake, DataLakeArgs, Table
from mlops_iac.components.encryption import Encryption, EncryptionArgs
from mlops_iac.components.feature_store import FeatureStore, FeatureStoreArgs, Group
from mlops_iac.components.files.efs import SharedFiles, SharedFilesArgs
from mlops_iac.components.guardrail import Guardrail, GuardrailArgs, Pattern
from mlops_iac.components.identity import Boundary, BoundaryArgs, Role, RoleArgs
from mlops_iac.components.monitoring.alerts import Alerts, AlertsArgs
from mlops_iac.components.monitoring.budget_stop import BudgetStop, BudgetStopArgs
from mlops_iac.components.monitoring.cloudwatch import Monitoring, MonitoringArgs
from mlops_iac.components.monitoring.drift import DriftMonitor, DriftMonitorArgs, QualityBound
from mlops_iac.components.monitoring.objectives import Latency, Objectives, ObjectivesArgs
from mlops_iac.components.network import Network, NetworkArgs, PrivateLink
from mlops_iac.components.notebooks.domain import Git, StudioDomain, StudioDomainArgs
from mlops_iac.components.notebooks.people import People, PeopleArgs
from mlops_iac.components.orchestrator.airflow import AirflowDag, AirflowDagArgs
from mlops_iac.components.orchestrator.airflow_environment import Airflow, AirflowArgs
from mlops_iac.components.orchestrator.metaflow import Metaflow, MetaflowArgs
from mlops_iac.components.orchestrator.sagemaker_pipelines import SageMakerPipelines, SageMakerPipelinesArgs
from mlops_iac.components.orchestrator.step_functions import StepFunctions, StepFunctionsArgs
from mlops_iac.components.orchestrator.triggers import Clock, Happening, Trigger, Triggers, TriggersArgs
from mlops_iac.components.recorder import Recorder, RecorderArgs
from mlops_iac.components.registry.ecr import ImageRepository, ImageRepositoryArgs
from mlops_iac.components.registry.model_cards import ModelCards, ModelCardsArgs
from mlops_iac.components.registry.sagemaker import ModelRegistry, ModelRegistryArgs
from mlops_iac.components.registry.signing import ModelSigning, ModelSigningArgs
from mlops_iac.components.serving.endpoint import Capture, Endpoint, EndpointArgs, Realtime
from mlops_iac.components.serving.scaling import BacklogScaling, EndpointScaling, EndpointScalingArgs
from mlops_iac.components.spark import Spark, SparkArgs
from mlops_iac.components.tracking.mlflow import Mlflow, MlflowArgs
from mlops_iac.components.tracking.tracker import TrackedPipeline, Tracker, TrackerArgs
from mlops_iac.components.trail import Trail, TrailArgs
from mlops_iac.components.vector_store import (
    Retriever,
    RetrieverArgs,
    VectorIndexer,
    VectorIndexerArgs,
    VectorStore,
    VectorStoreArgs,
)
from mlops_iac.components.warehouse import Warehouse, WarehouseArgs
from mlops_iac.core.retention import Retention
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
    "ENVIRONMENTS",
    "IMAGE",
    "PROFILES",
    "REGION",
    "SAMPLES",
    "SAMPLE_REACH",
    "Made",
    "Neighbours",
    "World",
    "account",
    "everything",
    "grants_of",
    "make_sample",
    "platform",
    "run",
    "site",
]

IMAGE = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"

SAMPLES: dict[type[Component], Args] = {
    Airflow: lambda n: AirflowArgs(network=n.network.ref, key=n.encryption.ref, boundary=n.boundary.ref),
    AirflowDag: lambda n: AirflowDagArgs(
        airflow=Airflow(
            n.site.named("runner"), AirflowArgs(network=n.network.ref, key=n.encryption.ref, boundary=n.boundary.ref)
        ),
        name="training",
        document='{"source": "# a DAG"}',
    ),
    Alerts: lambda n: AlertsArgs(emails=("team@example.org",), key=n.encryption.ref),
    Approvals: lambda n: ApprovalsArgs(key=n.encryption.ref),
    BudgetStop: lambda n: BudgetStopArgs(
        budget_name="screening-dev-budget", alerts=n.alerts.ref, roles=[_maker(n)], boundary=n.boundary.ref
    ),
    BatchCompute: lambda n: BatchComputeArgs(
        network=n.network.ref,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
        pools={
            "cpu": PoolArgs(instance_types=("m5", "c5")),
            "gpu": PoolArgs(instance_types=("g5",), max_vcpus=32),
            "train": PoolArgs(instance_types=("g5.12xlarge",), buying=("on_demand",), subnet=1, together=True),
        },
        jobs={"train": JobDefinitionArgs(image=IMAGE, gpus=1, nodes=2)},
    ),
    Boundary: lambda n: BoundaryArgs(also=(Reach(actions=("dynamodb:GetItem",)),)),
    Catalogue: lambda n: CatalogueArgs(profile={"AWS_REGION": REGION}),
    CiAccess: lambda n: CiAccessArgs(
        trusted=hosts.gitlab("acme/ml-platform", "main", "gitlab.com"),
        previewing=[_SAMPLE_GRANT],
        deploying=[_SAMPLE_GRANT],
    ),
    ConfigRules: lambda n: ConfigRulesArgs(),
    DataLake: lambda n: DataLakeArgs(
        key=n.encryption.ref,
        expire_raw_after_days=90,
        retention=Retention(mode="governance", days=30),
        tables={"patients": Table(zone="raw", columns={"id": "bigint", "radius": "double"})},
    ),
    DriftMonitor: lambda n: DriftMonitorArgs(
        endpoint=_endpoint(n),
        quality=QualityBound(metric="auc", direction="at_least", bound=0.9),
        bias_at_most=0.1,
        explain_at_least=0.9,
        alerts=n.alerts.ref,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    Encryption: lambda n: EncryptionArgs(),
    Api: lambda n: ApiArgs(
        endpoint=_ENDPOINT,
        auth="cognito" if n.site.profile == "standard" else "api-key",
        grants=[_SAMPLE_GRANT],
        key=n.encryption.ref,
        boundary=n.boundary.ref,
        vpc_endpoint_id="vpce-0123456789abcdef0" if n.site.profile == "regulated" else None,
    ),
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
    Guardrail: lambda n: GuardrailArgs(
        words=("secret project",), patterns={"ticket": Pattern(pattern="T-[0-9]+")}, key=n.encryption.ref
    ),
    FeatureStore: lambda n: FeatureStoreArgs(
        groups={
            "patients": Group(
                identifier="id",
                time="seen_at",
                types={"id": "String", "seen_at": "String", "age": "Integral"},
                table="patients",
                description="What is known of each patient",
                ttl=("Days", 30),
                ttl_seconds=30 * 86400,
            )
        },
        lake=replace(
            _LAKE, zones={"features": "features/"}, catalogue=CatalogueRef(database="screening_dev_l", workgroup="wg")
        ),
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    ImageRepository: lambda n: ImageRepositoryArgs(key=n.encryption.ref),
    Metaflow: lambda n: MetaflowArgs(
        lake=_LAKE,
        queue=QueueRef(queue_arn=f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/screening-dev-batch-cpu-queue"),
        job_role=RoleRef(name="tasks", arn=f"arn:aws:iam::{ACCOUNT}:role/screening-dev-batch-job-role"),
        image=IMAGE,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    Mlflow: lambda n: MlflowArgs(lake=_LAKE, grants=[_SAMPLE_GRANT], boundary=n.boundary.ref),
    ModelSigning: lambda n: ModelSigningArgs(key=n.encryption.ref, boundary=n.boundary.ref),
    ModelCards: lambda n: ModelCardsArgs(key=n.encryption.ref, boundary=n.boundary.ref),
    ModelRegistry: lambda n: ModelRegistryArgs(),
    Monitoring: lambda n: MonitoringArgs(
        alerts=n.alerts.ref,
        pipelines={"training": _pipeline(n, "watched").ref},
    ),
    Network: lambda n: NetworkArgs(
        key=n.encryption.ref,
        boundary=n.boundary.ref,
        machines=True,
        private_links={"theirs": PrivateLink(service_name=_THEIRS)},
    ),
    Retriever: lambda n: RetrieverArgs(
        store=_VECTORS,
        endpoint=_endpoint(n),
        grants=[_SAMPLE_GRANT],
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    EndpointScaling: lambda n: EndpointScalingArgs(
        endpoint=_ENDPOINT, scaling=BacklogScaling(at_most=3), key=n.encryption.ref, boundary=n.boundary.ref
    ),
    Objectives: lambda n: ObjectivesArgs(
        endpoint=_ENDPOINT, availability_percent=99.9, latency=Latency(milliseconds=200), alerts=n.alerts.ref
    ),
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
        definition=lambda own: pulumi.Output.from_input("{}"),
        tells=True,
        queries=True,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    StudioDomain: lambda n: StudioDomainArgs(
        network=n.network.ref,
        repositories={
            "notebooks": Git(
                url="https://github.com/acme/notebooks.git",
                branch="main",
                secret_arn=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:git-Ab12Cd",
            )
        },
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    People: lambda n: PeopleArgs(
        domain=DomainRef(id="d-0123456789ab"),
        names=("ada", "grace"),
        spaces=("together",),
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    SharedFiles: lambda n: SharedFilesArgs(network=n.network.ref, key=n.encryption.ref),
    ReviewKey: lambda n: ReviewKeyArgs(
        reviewers=(f"arn:{n.site.partition}:iam::111122223333:user/ben", "sso:PlanReviewers")
    ),
    StateStore: lambda n: StateStoreArgs(key=n.encryption.ref),
    Recorder: lambda n: RecorderArgs(key=n.encryption.ref),
    StepFunctions: lambda n: StepFunctionsArgs(
        definition={"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}},
        trace=True,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    Tracker: lambda n: TrackerArgs(
        kind="mlflow",
        app_arn="arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-0123456789AB",
        pipelines={"training": TrackedPipeline(ref=_pipeline(n, "tracked").ref)},
        lake=_LAKE,
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
    Trail: lambda n: TrailArgs(lakes=[_LAKE], key=n.encryption.ref, retention=Retention(mode="governance", days=30)),
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
    Access: lambda n: _access(n),
    VectorIndexer: lambda n: VectorIndexerArgs(
        endpoint=_endpoint(n), grants=[_SAMPLE_GRANT], key=n.encryption.ref, boundary=n.boundary.ref
    ),
    Spark: lambda n: SparkArgs(
        network=n.network.ref, grants=[_SAMPLE_GRANT], key=n.encryption.ref, boundary=n.boundary.ref
    ),
    VectorStore: lambda n: VectorStoreArgs(dimension=128, key=n.encryption.ref),
    Warehouse: lambda n: WarehouseArgs(
        network=replace(n.network.ref, more_subnet_ids=["subnet-0123456789abcdef0"]),
        grants=[_SAMPLE_GRANT],
        key=n.encryption.ref,
        boundary=n.boundary.ref,
    ),
}
"""Each component with arguments under which it makes all that its profile allows."""


def _access(n: Neighbours) -> AccessArgs:
    """Persons of each level, where there is a pipeline for them."""
    _pipeline(n, "entered")
    account = f"arn:aws:iam::{ACCOUNT}"
    return AccessArgs(
        members={
            "viewer": [Member(principal=f"{account}:user/anna", mfa=True)],
            "scientist": [Member(principal=f"{account}:role/data-science", until=date(2027, 1, 31))],
            "admin": [Member(principal="sso:MlAdmin")],
        }
    )


def _endpoint(n: Neighbours) -> EndpointRef:
    return EndpointRef(name=f"{n.site.stack}-endpoint", flavour="realtime", role_arn="arn:aws:iam::1:role/sample")


def _pipeline(n: Neighbours, name: str) -> StepFunctions:
    args = StepFunctionsArgs(definition="{}", key=n.encryption.ref, boundary=n.boundary.ref)
    return StepFunctions(n.site.named(name), args)


def _trigger(when: Clock | Happening) -> Trigger:
    request = {"service": "stepfunctions", "operation": "start_execution", "arguments": "{}"}
    return Trigger(when=when, request=request, names={"train": 63}, code="code/current/training.json")


_BUCKET = "screening-dev-lake-1234567"
_LAKE = LakeRef(bucket=_BUCKET, arn=f"arn:aws:s3:::{_BUCKET}", key_arn=None, zones={"models": "models/"})

_VECTORS = VectorStoreRef(
    bucket="screening-dev-vectors",
    index="main",
    index_arn=f"arn:aws:s3vectors:{REGION}:{ACCOUNT}:bucket/screening-dev-vectors/index/main",
    dimension=128,
    metric="cosine",
)


def _sample_grant() -> Any:
    return Grant(
        owner="sample",
        what="read",
        actions=("s3:GetObject",),
        resources=("arn:aws:s3:::screening-dev-lake-1234567/raw/*",),
    )


_THEIRS = f"com.amazonaws.vpce.{REGION}.vpce-svc-0a1b2c3d4e5f67890"
_ENDPOINT = EndpointRef(
    name="screening-dev-endpoint",
    flavour="realtime",
    role_arn="arn:aws:iam::123456789012:role/screening-dev-endpoint",
    settings={"VariantName": "main"},
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


ACCOUNT_WIDE: tuple[type[Component], ...] = (CiAccess, ReviewKey, StateStore)
"""What stands once in an account, and in no environment."""

PLATFORM: tuple[type[Component], ...] = (BatchCompute, DataLake, Metaflow, Role)
"""What stands in an environment whose pipelines are the team's own."""
AIRFLOW: tuple[type[Component], ...] = (Airflow, AirflowDag, DataLake, Role)
"""What stands around Airflow."""
KNOWING: tuple[type[Component], ...] = (
    FeatureStore,
    EndpointScaling,
    Guardrail,
    People,
    Retriever,
    Role,
    SageMakerPipelines,
    SharedFiles,
    StepFunctions,
    Spark,
    StudioDomain,
    VectorIndexer,
    VectorStore,
    Warehouse,
)
"""What stands where people look things up: records, vectors, notebooks; and what scales, whose rights are long;
and the second orchestrator, as `everything` has one."""
ALONE = frozenset({Airflow, AirflowDag, Metaflow, *KNOWING} - {Role, StepFunctions})
"""An environment has one orchestrator and few stores, and the rights of these are many: no boundary holds them beside
the others'."""


def everything(site: Site) -> dict[type[Component], Any]:
    """One of each component but those in `ALONE`, with every grant that owners can give, given to roles of the
    environment."""
    made = _together(site, tuple(kind for kind in SAMPLES if kind not in (*ALONE, *ACCOUNT_WIDE)))
    jobs = made[SageMakerCompute].role
    made[DataLake].grant_read(jobs, "raw", "code/")
    made[DataLake].grant_write(jobs, "models")
    made[Endpoint].grant_deploy(made[StepFunctions].role)
    return made


def platform(site: Site) -> dict[type[Component], Any]:
    """The same of those that stand around Metaflow."""
    return _together(site, PLATFORM)


def around_airflow(site: Site) -> dict[type[Component], Any]:
    """The same of those that stand around Airflow."""
    return _together(site, AIRFLOW)


def around_knowledge(site: Site) -> dict[type[Component], Any]:
    """The same of those that stand where people look things up."""
    return _together(site, KNOWING)


ENVIRONMENTS = (everything, platform, around_airflow, around_knowledge)
"""What makes an environment, all of them together one of each component that stands in one."""


def _maker(neighbours: Neighbours) -> Role:
    """A role that may make jobs."""
    site, train = neighbours.site, ("sagemaker:CreateTrainingJob",)
    site.ceiling.add([Reach(actions=train)])
    jobs = site.arn("sagemaker", f"training-job/{site.stack}-*")
    grant = Grant(owner="jobs", what="train", actions=train, resources=(jobs,))
    args = RoleArgs(
        description="Makes jobs", services=("states.amazonaws.com",), grants=[grant], boundary=neighbours.boundary.ref
    )
    return Role(site.named("maker-role"), args)


def account(site: Site) -> None:
    """What an account has: each host's roles with all that they are given."""
    neighbours = Neighbours.make(site, *SAMPLE_REACH)
    state = StateStore(site.named("state"), StateStoreArgs(key=neighbours.encryption.ref))
    review = make_sample(ReviewKey, neighbours)
    asking = [*review.verifying(), *review.guarding()]
    for name, trusted in (
        ("ci-github", hosts.github("acme/ml-platform", "main", ("production",))),
        ("ci-gitlab", hosts.gitlab("acme/ml-platform", "main", "gitlab.com")),
    ):
        place = site.named(name)
        deploying = [*state.writing(), *state.guarding(), *rights.guarding(place, neighbours.encryption.ref), *asking]
        CiAccess(place, CiAccessArgs(trusted=trusted, previewing=[*state.reading(), *asking], deploying=deploying))


def _together(site: Site, kinds: tuple[type[Component], ...]) -> dict[type[Component], Any]:
    """Grants are dealt out to two roles, as IAM's limit of a policy's length is less than what all take together. Both
    are nobody's: a role that runs a pipeline cannot wait for the pipeline that it may start."""
    neighbours = Neighbours.make(site, *SAMPLE_REACH)
    made: dict[type[Component], Any] = {kind: make_sample(kind, neighbours) for kind in kinds}
    roles = [made[Role], Role(site.named("another-role"), SAMPLES[Role](neighbours))]
    for component, taker in zip(list(made.values()), itertools.cycle(roles), strict=False):
        for grant in grants_of(component):
            grant(taker)
    return made
