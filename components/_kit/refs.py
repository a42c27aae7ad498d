"""What components hand to each other: narrow, frozen records of what the other one may know (never a bare ARN to
parse)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

from mlops_iac.components._kit.reach import Ceiling
from mlops_iac.core.retention import Retention


@dataclass(frozen=True, kw_only=True)
class KeyRef:
    """A KMS key."""

    arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class BucketRef:
    """An S3 bucket."""

    name: pulumi.Input[str]
    arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class CatalogueRef:
    """Tables of a lake, and the workgroup in which Athena asks them."""

    database: pulumi.Input[str]
    workgroup: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class LakeRef:
    """A data lake: one bucket, its zones, the key its objects are written with."""

    bucket: pulumi.Input[str]
    arn: pulumi.Input[str]
    key_arn: pulumi.Input[str] | None
    """None under `sandbox`, where S3 manages the encryption."""
    zones: Mapping[str, str]
    """Zone name to key prefix, ending in a slash."""
    catalogue: CatalogueRef | None = None
    """None for a lake that was adopted: it has none of ours."""
    retention: Retention | None = None
    """None where nothing is locked."""

    def uri(self, prefix: str) -> pulumi.Output[str]:
        """``s3://bucket/prefix``"""
        return pulumi.Output.concat("s3://", self.bucket, "/", prefix)


@dataclass(frozen=True, kw_only=True)
class ReaderRef:
    """A role of another environment that may read archives of models here. It need not exist yet."""

    stack: str
    account_id: pulumi.Input[str]
    role_name: str

    def arns(self, partition: str) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Of the account, which a policy can name before the role exists, and of the role."""
        account = pulumi.Output.concat(f"arn:{partition}:iam::", self.account_id, ":root")
        return account, pulumi.Output.concat(f"arn:{partition}:iam::", self.account_id, f":role/{self.role_name}")


@dataclass(frozen=True, kw_only=True)
class FilesRef:
    """A folder of shared files, by its access point."""

    file_system_id: pulumi.Input[str]
    access_point_id: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class RoleRef:
    """An IAM role."""

    name: pulumi.Input[str]
    arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class BoundaryRef:
    """A managed policy that bounds what a role may ever do."""

    arn: pulumi.Input[str]
    ceiling: Ceiling | None = None
    """What it is made of. Left out: nobody knows (a boundary of the account's own), so no grant is held against it."""


@dataclass(frozen=True, kw_only=True)
class NetworkRef:
    """Private subnets, and the security group that jobs wear in them."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    job_security_group_id: pulumi.Input[str]
    more_subnet_ids: Sequence[pulumi.Input[str]] = ()
    """In further zones, for what needs more of them than jobs do. Left out: none."""
    open_subnet_ids: Sequence[pulumi.Input[str]] = ()
    """With a way to the internet, and an address for each machine of a queue. Left out: there is no such way."""
    open_security_group_id: pulumi.Input[str] | None = None
    """Lets those machines out. Left out, as above."""

    @property
    def machine_subnet_ids(self) -> Sequence[pulumi.Input[str]]:
        """Where machines of queues stand."""
        return self.open_subnet_ids or self.subnet_ids

    @property
    def machine_security_group_ids(self) -> Sequence[pulumi.Input[str]]:
        """What they wear: what jobs do, and what lets them out."""
        way_out = (self.open_security_group_id,) if self.open_security_group_id is not None else ()
        return (self.job_security_group_id, *way_out)


@dataclass(frozen=True, kw_only=True)
class JobRef:
    """How SageMaker jobs run here; what a compiled pipeline writes into its job steps."""

    role_arn: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]] = ()
    """Empty: jobs are not attached to a VPC."""
    security_group_ids: Sequence[pulumi.Input[str]] = ()
    network_isolation: bool = True
    key_arn: pulumi.Input[str] | None = None
    """Encrypts volumes and outputs. None: AWS-managed encryption."""


@dataclass(frozen=True, kw_only=True)
class QueueRef:
    """A Batch job queue, with the job definition meant for it."""

    queue_arn: pulumi.Input[str]
    job_definition_arn: pulumi.Input[str] | None = None
    """Left out: jobs bring their own, named after the environment."""
    nodes: int = 1
    """Machines that one job may have."""
    nodes_definition_arn: pulumi.Input[str] | None = None
    """The job definition of jobs that have several. Left out: one job has one machine."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of CloudWatch."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True)
class RunEvents:
    """What EventBridge tells of an orchestrator's runs: the event's source and type, and the keys of its detail."""

    source: str
    detail_type: str
    handle: str
    """Key of the pipeline's ARN."""
    run: str
    """Key of the run's name."""
    status: str
    statuses: tuple[str, ...]
    """How runs end that tell nobody themselves."""
    succeeded: str
    """How a run ends that did all of its steps."""
    told: tuple[str, ...] = ()
    """How runs end that tell the team on their own way."""
    asks: tuple[str, ...] = ()
    """Actions that it takes to ask for a run's parameters. Empty where the event tells them."""

    @property
    def ends(self) -> tuple[str, ...]:
        """Every way in which a run ends."""
        return (self.succeeded, *self.told, *self.statuses)


@dataclass(frozen=True, kw_only=True)
class PipelineRef:
    """A pipeline, as its orchestrator runs it."""

    target: str
    name: pulumi.Input[str]
    handle: pulumi.Input[str]
    """What the orchestrator knows it by: its ARN."""
    failed: Metric
    """How many runs failed."""
    outcomes: Sequence[Metric]
    """How many runs began, and how they ended."""
    untold: RunEvents
    """The ends of runs that nobody hears of otherwise."""


@dataclass(frozen=True, kw_only=True)
class RegistryRef:
    """A SageMaker model package group."""

    group: pulumi.Input[str]
    arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class CardsRef:
    """What writes the cards of models."""

    writer_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class SigningRef:
    """How models are signed, and who says whether one is."""

    key_arn: pulumi.Input[str]
    """An asymmetric KMS key."""
    verifier_arn: pulumi.Input[str]
    """A function, called with a version of a registry."""


@dataclass(frozen=True, kw_only=True)
class RepositoryRef:
    """An ECR repository."""

    url: pulumi.Input[str]
    arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class DomainRef:
    """A domain of SageMaker Studio."""

    id: pulumi.Input[str]
    auth: Literal["IAM", "SSO"] = "IAM"
    """How people come in. Left out: with their own AWS credentials."""


@dataclass(frozen=True, kw_only=True)
class EndpointRef:
    """An endpoint that is declared; the deploy step of a run creates it with its first model."""

    name: pulumi.Input[str]
    flavour: Literal["serverless", "realtime", "async"]
    role_arn: pulumi.Input[str]
    """The role its models run as."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """One production variant of SageMaker's CreateEndpointConfig, without ``ModelName``."""
    key_arn: pulumi.Input[str] | None = None
    """``KmsKeyId`` of the endpoint configuration. None for serverless: AWS refuses a key there."""
    subnet_ids: Sequence[pulumi.Input[str]] = ()
    """``VpcConfig`` of the models. Empty: not attached to a VPC."""
    security_group_ids: Sequence[pulumi.Input[str]] = ()
    network_isolation: bool = True
    asynchronous: Mapping[str, Any] | None = None
    """``AsyncInferenceConfig`` of the endpoint configuration. None: requests are answered where they are asked."""
    capture: Mapping[str, Any] | None = None
    """``DataCaptureConfig`` of the endpoint configuration; each run adds itself to its place. None: nothing is kept."""
    alarms: Sequence[pulumi.Input[str]] = ()
    """Names of the alarms that take a deployment back."""


@dataclass(frozen=True, kw_only=True)
class ScalingRef:
    """What scales an endpoint."""

    scaler_arn: pulumi.Input[str]
    """The function that is called before and after a deployment."""
    at_least: int
    at_most: int
    metric: Metric
    """What it goes by."""
    target: float
    """What the metric should be."""


@dataclass(frozen=True, kw_only=True)
class ApiRef:
    """An API before an endpoint."""

    url: pulumi.Input[str]
    """Where predictions are asked for, the path included."""
    auth: Literal["iam", "cognito", "api-key"]
    name: pulumi.Input[str]
    """As its metrics call it."""
    stage: str
    key_ids: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Application to its API key's id; the value is a secret that API Gateway keeps. Empty for other ways in."""
    user_pool_id: pulumi.Input[str] | None = None
    """Whose tokens are taken. None for other ways in."""
    client_id: pulumi.Input[str] | None = None
    """By which client of the pool people sign in. None for other ways in, and for a pool that was there before."""


@dataclass(frozen=True, kw_only=True)
class ApprovalsRef:
    """Where runs put what they ask a person."""

    url: pulumi.Input[str]
    """Of the SQS queue."""


@dataclass(frozen=True, kw_only=True)
class TopicRef:
    """An SNS topic."""

    arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class RecorderRef:
    """A recorder of AWS Config."""

    name: pulumi.Input[str]
    on: pulumi.Resource
    """What turns it on: a rule waits for it."""


@dataclass(frozen=True, kw_only=True)
class TrailRef:
    """A trail of CloudTrail."""

    arn: pulumi.Input[str]
    bucket: pulumi.Input[str]
    """Where its log files lie."""


@dataclass(frozen=True, kw_only=True)
class VectorStoreRef:
    """An index of vectors."""

    bucket: pulumi.Input[str]
    index: pulumi.Input[str]
    index_arn: pulumi.Input[str]
    dimension: int
    """Numbers of a vector."""
    metric: Literal["cosine", "euclidean"]
    key_arn: pulumi.Input[str] | None = None
    """None under `sandbox`, where S3 manages the encryption."""


@dataclass(frozen=True, kw_only=True)
class WarehouseRef:
    """A warehouse that answers SQL, and loads from and unloads into the lake."""

    workgroup: pulumi.Input[str]
    workgroup_arn: pulumi.Input[str]
    database: str
    role_arn: pulumi.Input[str]
    """The role in which it reads and writes the lake."""


@dataclass(frozen=True, kw_only=True)
class SparkRef:
    """An application of EMR Serverless that jobs of Spark run in."""

    application_id: pulumi.Input[str]
    application_arn: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    """The role of its jobs."""
    log_group: pulumi.Input[str]
