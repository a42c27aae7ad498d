"""SageMaker Pipelines runs a pipeline: the compiled definition, its role, and a function that puts models into
service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.lambda_ import Function
from pulumi_aws.sagemaker import Pipeline

from mlops_iac.components._kit import BoundaryRef, Component, KeyRef, Metric, Named, PipelineRef, Reach, RunEvents
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.components.orchestrator.orchestrator import Orchestrator, OrchestratorArgs, Own

__all__ = ["SageMakerPipelines", "SageMakerPipelinesArgs", "SageMakerPipelinesNodes", "orchestrate"]

# Idle cost: nothing. Pipelines are free, jobs and calls of the function are billed while they run.

TARGET: Final = "sagemaker-pipelines"
SOURCE: Final = Path(__file__).with_name("deploy_function.py")
RUNTIME: Final = "python3.12"
DEPLOY_SECONDS: Final = 600
"""How long a Lambda step of a pipeline may take.
https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (Lambda step)"""

START = ("sagemaker:StartPipelineExecution",)
LOOK = ("sagemaker:ListPipelineExecutions",)
INVOKE = ("lambda:InvokeFunction",)
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(frozen=True, kw_only=True)
class SageMakerPipelinesArgs:
    """What a pipeline is made of."""

    definition: Callable[[Own], pulumi.Output[str]]
    """The definition as text, given what must be named in it: ``deployer_arn``, where there is one."""
    deploys: bool = True
    """Have a function that puts models into service and finds the one that is approved. Left out: there is one."""
    key: KeyRef | None = None
    """Encrypts the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `SageMakerPipelinesNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class SageMakerPipelinesNodes:
    pipeline: Pipeline
    execution_role: Role
    deployer: Function | None
    deployer_role: Role | None
    deployer_log: LogGroup | None


class SageMakerPipelines(Component):
    """One pipeline on SageMaker Pipelines."""

    Nodes = SageMakerPipelinesNodes
    reach = (
        Reach(actions=INVOKE, on=("function:{stack}-*",)),
        Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),
        Reach(actions=(*START, *LOOK), on=("pipeline/{stack}-*",)),
    )
    notifies = False
    looks_at_data = False
    reads_items = False

    def __init__(self, place: Named, args: SageMakerPipelinesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        log = self._create_log(args) if args.deploys else None
        deployer_role = self._create_deployer_role(args) if args.deploys else None
        deployer = self._create_deployer(log, deployer_role) if log and deployer_role else None
        self.role = self._create_role(args, deployer)
        self.deploy_role = deployer_role or self.role
        pipeline = self._create_pipeline(args, deployer)

        self.nodes = SageMakerPipelinesNodes(
            pipeline=pipeline,
            execution_role=self.role,
            deployer=deployer,
            deployer_role=deployer_role,
            deployer_log=log,
        )
        self.ref = _ref(pipeline)
        self.register_outputs({"pipeline_name": pipeline.pipeline_name, "pipeline_arn": pipeline.arn})

    def grant_start(self, role: Role) -> None:
        """Let a role start runs."""
        role.grant(self.allow("start", START, (self.nodes.pipeline.arn,)))

    def grant_look(self, role: Role) -> None:
        """Let a role see which runs are under way."""
        role.grant(self.allow("look", LOOK, (self.nodes.pipeline.arn,)))

    def _create_log(self, args: SageMakerPipelinesArgs) -> LogGroup:
        """Lambda's own name for it: made here first, so that it is encrypted and does not grow for ever."""
        name = self.physical(Function.pulumi_type, "deployer")
        return make_log_group(self, "deployer_log", args.key, name=f"/aws/lambda/{name}")

    def _create_deployer_role(self, args: SageMakerPipelinesArgs) -> Role:
        group = self.site.arn("logs", f"log-group:/aws/lambda/{self.physical(Function.pulumi_type, 'deployer')}:*")
        return make_role(
            self,
            "deployer_role",
            services=("lambda.amazonaws.com",),
            description="Puts the models of the pipeline into service",
            grants=[self.allow("log", LOG, (group,))],
            boundary=args.boundary,
            # Lambda does not say for whose function it assumes a role.
            source_account=False,
        )

    def _create_deployer(self, log: LogGroup, role: Role) -> Function:
        source = pulumi.StringAsset(SOURCE.read_text(encoding="utf-8"))
        props: dict[str, Any] = {
            "description": "Creates or updates the endpoint with a run's model, and waits until it serves",
            "code": pulumi.AssetArchive({SOURCE.name: source}),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": role.role_arn,
            "timeout": DEPLOY_SECONDS,
            "memory_size": 256,
        }
        return self.make("deployer", Function, props, depends_on=[role, log])

    def _create_role(self, args: SageMakerPipelinesArgs, deployer: Function | None) -> Role:
        return make_role(
            self,
            "execution_role",
            services=("sagemaker.amazonaws.com",),
            description="Runs the pipeline: starts its jobs, registers its models, calls its deployer",
            grants=[self.allow("deploy", INVOKE, (deployer.arn,))] if deployer else [],
            boundary=args.boundary,
        )

    def _create_pipeline(self, args: SageMakerPipelinesArgs, deployer: Function | None) -> Pipeline:
        props: dict[str, Any] = {
            "pipeline_display_name": self.physical(Pipeline.pulumi_type),
            "role_arn": self.role.role_arn,
            "pipeline_definition": args.definition({"deployer_arn": deployer.arn} if deployer else {}),
        }
        return self.make("pipeline", Pipeline, props, called=self.place.name, depends_on=[self.role])


def _ref(pipeline: Pipeline) -> PipelineRef:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html (pipeline metrics) and
    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html"""

    def metric(outcome: str) -> Metric:
        names = {"PipelineName": pipeline.pipeline_name}
        return Metric(namespace="AWS/Sagemaker/ModelBuildingPipeline", name=f"Execution{outcome}", dimensions=names)

    return PipelineRef(
        target=TARGET,
        name=pipeline.pipeline_name,
        handle=pipeline.arn,
        failed=metric("Failed"),
        outcomes=tuple(map(metric, ("Started", "Succeeded", "Failed", "Stopped"))),
        untold=RunEvents(
            source="aws.sagemaker",
            detail_type="SageMaker Model Building Pipeline Execution Status Change",
            handle="pipelineArn",
            run="pipelineExecutionDisplayName",
            status="currentPipelineExecutionStatus",
            statuses=("Failed", "Stopped"),
            succeeded="Succeeded",
        ),
    )


def orchestrate(place: Named, args: OrchestratorArgs) -> Orchestrator:
    return SageMakerPipelines(
        place,
        SageMakerPipelinesArgs(definition=args.definition, deploys=args.deploys, key=args.key, boundary=args.boundary),
    )
