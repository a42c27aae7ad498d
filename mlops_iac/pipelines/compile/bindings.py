"""What a compiled pipeline is tied to: names and ARNs of one environment, as plain strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self, get_args

from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.core.instance_types import Processor
from mlops_iac.core.retention import Retention
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.guards import spoken
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import ChoiceStep, GateStep
from mlops_iac.pipelines.steps.step import Bind, Output, Step

SERVING_ENVIRONMENT: Final = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
}
"""By this AWS's framework containers find the serving code that travels inside the model's archive."""
PLACEHOLDER_ACCOUNT: Final = "123456789012"
PLACEHOLDER_ASYNC: Final = {"OutputConfig": {"S3OutputPath": "s3://placeholder/answers/"}}
"""Where an asynchronous endpoint answers, before there is a lake."""


Tracking = Literal["none", "mlflow", "sagemaker"]


@dataclass(frozen=True, kw_only=True)
class EndpointBinding:
    """The endpoint that a deploy step creates or updates."""

    name: str
    flavour: Literal["serverless", "realtime", "async"]
    role_arn: str
    """The role its models run as."""
    variant: Mapping[str, Any]
    """One production variant of SageMaker's CreateEndpointConfig, without ``ModelName``."""
    key_arn: str | None = None
    """Left out: AWS-managed encryption of the endpoint's disks."""
    subnet_ids: tuple[str, ...] = ()
    """Left out: the models are not attached to a VPC."""
    security_group_ids: tuple[str, ...] = ()
    network_isolation: bool = False
    asynchronous: Mapping[str, Any] | None = None
    """``AsyncInferenceConfig`` of SageMaker's CreateEndpointConfig. Left out: it answers where it is asked."""
    capture: Mapping[str, Any] | None = None
    """``DataCaptureConfig`` of SageMaker's CreateEndpointConfig; below its place each run has a folder. Left out: what
    it is asked is not kept."""
    alarms: tuple[str, ...] = ()
    """Names of the alarms that take a deployment back."""
    scaler_arn: str | None = None
    """The function that is called before and after a deployment, as the number of instances is not always the same.
    Left out: nothing scales it."""


@dataclass(frozen=True, kw_only=True)
class QueueBinding:
    """A queue for containers, and the job definition that steps run with on it."""

    queue_arn: str
    job_definition_arn: str
    nodes: int = 1
    """Machines that one job may have."""
    nodes_definition_arn: str | None = None
    """The job definition of jobs that have several. None: one job has one machine."""

    @classmethod
    def placeholder(cls, stack: str, region: str, name: str, partition: str = "aws", nodes: int = 1) -> Self:
        """One of the right form, before anything exists."""
        batch = f"arn:{partition}:batch:{region}:{PLACEHOLDER_ACCOUNT}"
        definition = f"{batch}:job-definition/{stack}-{name}"
        return cls(
            queue_arn=f"{batch}:job-queue/{stack}-{name}",
            job_definition_arn=f"{definition}:1",
            nodes=nodes,
            nodes_definition_arn=f"{definition}-nodes:1" if nodes > 1 else None,
        )

    @property
    def definitions(self) -> tuple[str, ...]:
        """Every job definition that is meant for it."""
        return tuple(one for one in (self.job_definition_arn, self.nodes_definition_arn) if one)


@dataclass(frozen=True, kw_only=True)
class CatalogueBinding:
    """Tables that Athena asks, and the workgroup it asks them in."""

    database: str
    workgroup: str


@dataclass(frozen=True, kw_only=True)
class ExternalBinding:
    """A system of somebody else's that scripts use."""

    kind: str
    variables: Mapping[str, str]
    """What its own client reads; no secrets."""
    fetched: Mapping[str, str] = field(default_factory=dict)
    """Variable to where a job finds its value: ``SECRET#KEY``, the secret's name or ARN and the key in it."""


@dataclass(frozen=True, kw_only=True)
class SparkBinding:
    """An application of EMR Serverless that spark steps run in."""

    application_id: str
    application_arn: str
    role_arn: str
    """The role of its jobs."""

    @classmethod
    def placeholder(cls, stack: str, region: str, partition: str = "aws") -> Self:
        """One of the right form, before anything exists."""
        application = f"arn:{partition}:emr-serverless:{region}:{PLACEHOLDER_ACCOUNT}:/applications/placeholder"
        role = f"arn:{partition}:iam::{PLACEHOLDER_ACCOUNT}:role/{stack}-placeholder"
        return cls(application_id="placeholder", application_arn=application, role_arn=role)


@dataclass(frozen=True, kw_only=True)
class VectorStoreBinding:
    """An index of vectors, and the function that fills it."""

    index_arn: str
    indexer_arn: str


@dataclass(frozen=True, kw_only=True)
class WarehouseBinding:
    """A warehouse on Redshift that query steps ask through its Data API."""

    workgroup: str
    workgroup_arn: str
    database: str
    role_arn: str
    """The role in which it unloads answers."""


@dataclass(frozen=True, kw_only=True)
class Bindings:
    """One environment, as a compiler needs it."""

    stack: str
    region: str
    account_id: str
    partition: str = "aws"
    bucket: str
    zones: Mapping[str, str]
    """Zone name to key prefix, ending in a slash."""
    key_arn: str | None = None
    """KMS key of volumes and outputs. Left out: AWS-managed encryption."""
    job_role_arn: str
    subnet_ids: tuple[str, ...] = ()
    """Left out: jobs are not attached to a VPC."""
    security_group_ids: tuple[str, ...] = ()
    network_isolation: bool = True
    encrypt_traffic: bool = True
    """Encrypt what the containers of one job say to each other. Only jobs of several instances have such traffic."""
    training_images: Mapping[str, str]
    """Processor (``cpu``, ``gpu``) to the framework's image of training and processing jobs."""
    serving_image: str
    serving_environment: Mapping[str, str] = field(default_factory=lambda: SERVING_ENVIRONMENT)
    """What its container is told. Left out: where the serving code of AWS's framework containers is."""
    repository_url: str | None = None
    """The environment's own repository of images. Left out: there is none."""
    registries: Mapping[str, str] = field(default_factory=dict)
    """Registry to its model package group, by the names of the environment's contract."""
    catalogues: Mapping[str, CatalogueBinding] = field(default_factory=dict)
    """By the names of the environment: ``main`` is the lake's own."""
    endpoints: Mapping[str, EndpointBinding] = field(default_factory=dict)
    """By the names of the environment's contract."""
    queues: Mapping[str, QueueBinding] = field(default_factory=dict)
    """By the names of the environment's contract."""
    vector_stores: Mapping[str, VectorStoreBinding] = field(default_factory=dict)
    """By the names of the environment's contract."""
    external: Mapping[str, ExternalBinding] = field(default_factory=dict)
    """By the names that the team gave them."""
    warehouses: Mapping[str, WarehouseBinding] = field(default_factory=dict)
    """What a query step may name as its source beside the lake, by name."""
    spark: Mapping[str, SparkBinding] = field(default_factory=dict)
    """By the names of the environment: ``main``."""
    deployer_arn: str | None = None
    """The function that puts a model into service, for orchestrators that cannot call SageMaker's hosting themselves.
    Left out: there is none."""
    notifier_arn: str | None = None
    """The function that sends messages to the alerts topic, for orchestrators that cannot. Left out: there is none."""
    querier_arn: str | None = None
    """The function that asks Athena or a warehouse, for orchestrators that cannot. Left out: there is none."""
    card_writer_arn: str | None = None
    """The function that writes the card of a model which is registered. Left out: models have no card."""
    retention: Retention | None = None
    """How long what is registered stays locked in the lake. Left out: nothing is."""
    signing_key_arn: str | None = None
    """The key that signs what is registered. Left out: models are not signed."""
    verifier_arn: str | None = None
    """The function that says whether a version is signed, asked before it serves. Left out: nobody is asked."""
    features_arn: str | None = None
    """The function that puts, joins and compares features. Left out: the environment has no feature store."""
    watcher_arn: str | None = None
    """The function that finds what endpoints captured, and tells CloudWatch how it compares. Left out: nothing is
    monitored."""
    approvals_queue_url: str | None = None
    """Where steps put what they ask a person. Left out: the environment has no step that asks."""
    alerts_topic_arn: str | None = None
    """Left out: a failed run publishes nothing."""
    alerts_key_arn: str | None = None
    """The key the alerts topic is encrypted with. Left out: it is not encrypted with a key of the environment."""
    tracking: Tracking = "none"
    """Where runs are logged: what jobs are told of it follows."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The team's own tags, put on everything a run creates."""

    def serving(self, data_url: Mapping[str, Any]) -> dict[str, Any]:
        """The container that a model serves in; ``data_url`` is the model's archive, in the target's own words."""
        environment = {**self.serving_environment, "SAGEMAKER_REGION": self.region}
        return {"Image": self.serving_image, **data_url, "Environment": environment}

    @classmethod
    def placeholder(cls, stack: str, region: str, **known: Any) -> Self:
        """Bindings whose unknown values have the right form, to check a pipeline before anything exists (a preview)."""
        account, partition = PLACEHOLDER_ACCOUNT, known.get("partition", "aws")
        aws = f"arn:{partition}"
        role = f"{aws}:iam::{account}:role/{stack}-placeholder"
        key = f"{aws}:kms:{region}:{account}:key/00000000-0000-0000-0000-000000000000"

        values: dict[str, Any] = {
            "account_id": account,
            "bucket": f"{stack}-placeholder",
            "zones": {zone: f"{zone}/" for zone in ("raw", "curated", "features", "models", "code")},
            "key_arn": key,
            "job_role_arn": role,
            "subnet_ids": ("subnet-00000000000000000",),
            "security_group_ids": ("sg-00000000000000000",),
            "training_images": dict.fromkeys(
                get_args(Processor), f"{account}.dkr.ecr.{region}.amazonaws.com/placeholder:1"
            ),
            "serving_image": f"{account}.dkr.ecr.{region}.amazonaws.com/placeholder:1",
            "repository_url": f"{account}.dkr.ecr.{region}.amazonaws.com/{stack}-placeholder",
            "registries": {"main": f"{stack}-placeholder"},
            "catalogues": {
                "main": CatalogueBinding(database=f"{stack.replace('-', '_')}_placeholder", workgroup=stack)
            },
            "endpoints": {
                "main": EndpointBinding(
                    name=f"{stack}-placeholder",
                    flavour="serverless",
                    role_arn=role,
                    variant={"VariantName": "main", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}},
                )
            },
            "queues": {name: QueueBinding.placeholder(stack, region, name, partition) for name in ("cpu", "gpu")},
            "vector_stores": {
                "main": VectorStoreBinding(
                    index_arn=f"{aws}:s3vectors:{region}:{account}:bucket/{stack}-placeholder/index/main",
                    indexer_arn=f"{aws}:lambda:{region}:{account}:function:{stack}-placeholder-indexer",
                )
            },
            "warehouses": {
                "warehouse": WarehouseBinding(
                    workgroup=f"{stack}-placeholder",
                    workgroup_arn=f"{aws}:redshift-serverless:{region}:{account}:workgroup/placeholder",
                    database="warehouse",
                    role_arn=role,
                )
            },
            "spark": {"main": SparkBinding.placeholder(stack, region, partition)},
            "deployer_arn": f"{aws}:lambda:{region}:{account}:function:{stack}-placeholder",
            "notifier_arn": f"{aws}:lambda:{region}:{account}:function:{stack}-placeholder-notifier",
            "querier_arn": f"{aws}:lambda:{region}:{account}:function:{stack}-placeholder-querier",
            "features_arn": f"{aws}:lambda:{region}:{account}:function:{stack}-placeholder-features",
            "watcher_arn": f"{aws}:lambda:{region}:{account}:function:{stack}-placeholder",
            "approvals_queue_url": f"https://sqs.{region}.amazonaws.com/{account}/{stack}-placeholder",
            "alerts_topic_arn": f"{aws}:sns:{region}:{account}:{stack}-placeholder",
        }
        return cls(stack=stack, region=region, **{**values, **known})


def check_bindings(pipeline: Pipeline, bindings: Bindings) -> None:
    """Raise PipelineError for every step that acts on something the environment does not have under this name, or that
    cannot do what the step asks for."""
    problems: list[Problem] = []
    for step in pipeline.ordered:
        for bind in step.binds():
            there = getattr(bindings, bind.kind)
            if bind.name in there:
                problems += step.misfits(bind, there[bind.name])
            else:
                problems.append(_missing(pipeline, step, bind, there))
    problems += _hidden(pipeline)
    if problems:
        raise PipelineError.of(problems)


READABLE = "models"
"""The zone that an orchestrator may read."""


def _hidden(pipeline: Pipeline) -> Iterator[Problem]:
    """Evaluations that are read by the orchestrator itself and lie where it may not read."""
    for step in pipeline.guarded.ordered:
        comparing = step.comparisons() if isinstance(step, ChoiceStep | GateStep) else ()
        for source in dict.fromkeys(one.evaluation for one in comparing):
            made = pipeline.made(source)
            if isinstance(made, Output) and made.zone != READABLE:
                yield spoken(
                    Problem(
                        path=f"{step.name}.evaluation",
                        summary="A gate cannot read there.",
                        detail=f"Step `{step.name}` of pipeline `{pipeline.name}` reads `{source}`, which lies in zone "
                        f"`{made.zone}`; an orchestrator may read `{READABLE}` only.",
                        hint=f"write `zone: {READABLE}` at the output `{source.output}` of step `{source.step}`.",
                    )
                )


def _missing(pipeline: Pipeline, step: Step, bind: Bind, there: Mapping[str, Any]) -> Problem:
    return Problem(
        path=f"{step.name}.{bind.field}",
        summary="A step acts on something that is not there.",
        detail=f"Step `{step.name}` of pipeline `{pipeline.name}` names `{bind.name}`; {_words(bind)} there are: "
        f"{', '.join(there) or 'none'}.",
        hint=_hint(bind.kind, bind.name, there),
    )


def _words(bind: Bind) -> str:
    return {"external": "external systems", "spark": "applications of Spark"}.get(bind.kind, bind.kind)


def _hint(kind: str, name: str, there: Mapping[str, Any]) -> str:
    if kind == "queues" and not there:
        return "build the queues with the option `batch.enabled`, or leave out `compute`: it is sagemaker then."
    if kind == "vector_stores" and not there:
        return "environments of the blueprint `rag` have one."
    if kind == "queues" and name == "gpu":
        return "a queue of GPUs takes a framework whose images use them: `framework: {name: pytorch, …}`."
    if kind == "external" and not there:
        return "name it under `external` in the stack file's options."
    if kind == "spark" and not there:
        return "make one with the option `spark: {}`."
    if kind == "warehouses" and not there:
        return "make one with the option `warehouse: {}`, or leave out `source`: the lake is asked then."
    return did_you_mean(name, there)


def ask_at(step: Step, pipeline: Pipeline, bindings: Bindings) -> str:
    """The URL of the queue that a step's question goes to. Raises PipelineError where there is none."""
    if bindings.approvals_queue_url is None:
        raise PipelineError(
            "There is nowhere to ask.",
            f"Step `{step.name}` of pipeline `{pipeline.name}` needs a queue for approvals; none is bound.",
            hint="bind the environment's approvals, or leave the step out.",
        )
    return bindings.approvals_queue_url
