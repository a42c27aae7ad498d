"""What components hand to each other: narrow, frozen records of what the other one may know (never a bare ARN to
parse)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

from mlops_iac.components._kit.reach import Ceiling


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

    def uri(self, prefix: str) -> pulumi.Output[str]:
        """``s3://bucket/prefix``"""
        return pulumi.Output.concat("s3://", self.bucket, "/", prefix)


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
class RepositoryRef:
    """An ECR repository."""

    url: pulumi.Input[str]
    arn: pulumi.Input[str]


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
class ApprovalsRef:
    """Where runs put what they ask a person."""

    url: pulumi.Input[str]
    """Of the SQS queue."""


@dataclass(frozen=True, kw_only=True)
class TopicRef:
    """An SNS topic."""

    arn: pulumi.Input[str]
