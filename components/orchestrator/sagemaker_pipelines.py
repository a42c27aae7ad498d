"""SageMaker Pipelines runs a pipeline: the compiled definition, its role, functions for what no type of step does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.lambda_ import Function
from pulumi_aws.sagemaker import Pipeline

from mlops_iac.components._kit import BoundaryRef, Component, KeyRef, Metric, Named, PipelineRef, Reach, RunEvents
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.orchestrator import query_warehouse
from mlops_iac.components.orchestrator.orchestrator import Orchestrator, OrchestratorArgs, Own
from mlops_iac.core import champions

__all__ = ["SageMakerPipelines", "SageMakerPipelinesArgs", "SageMakerPipelinesNodes", "orchestrate"]

# Idle cost: nothing. Pipelines are free, jobs and calls of the function are billed while they run.

TARGET: Final = "sagemaker-pipelines"
HERE: Final = Path(__file__).parent
STEP_SECONDS: Final = 600
"""How long a Lambda step of a pipeline may take.
https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (Lambda step)"""

START = ("sagemaker:StartPipelineExecution",)
LOOK = ("sagemaker:ListPipelineExecutions",)
OWN = "pipeline/{stack}-*"
SEE = (
    "sagemaker:DescribePipeline",
    "sagemaker:DescribePipelineExecution",
    "sagemaker:ListPipelineExecutionSteps",
    "sagemaker:ListPipelineExecutions",
    "sagemaker:ListPipelineParametersForExecution",
)
CONTROL = ("sagemaker:RetryPipelineExecution", "sagemaker:StopPipelineExecution")
ANSWER = ("sagemaker:SendPipelineExecutionStepFailure", "sagemaker:SendPipelineExecutionStepSuccess")
INVOKE = ("lambda:InvokeFunction",)

CALLS: Final = {"deployer": "deploy", "notifier": "tell", "querier": "query"}
"""What the pipeline's role is allowed by each function."""
SOURCES: Final = {"deployer": "deploy_function", "notifier": "notify_function", "querier": "query_function"}
"""The file that each function runs."""


@dataclass(frozen=True, kw_only=True)
class SageMakerPipelinesArgs:
    """What a pipeline is made of."""

    definition: Callable[[Own], pulumi.Output[str]]
    """The definition as text, given what must be named in it: ``deployer_arn``, ``notifier_arn`` and ``querier_arn``,
    where there are such."""
    deploys: bool = True
    """Have a function that puts models into service and finds the one that is approved. Left out: there is one."""
    tells: bool = False
    """Have a function that sends messages. Left out: there is none."""
    queries: bool = False
    """Have a function that asks Athena or a warehouse. Left out: there is none."""
    key: KeyRef | None = None
    """Encrypts the functions' logs. Left out: AWS-owned encryption."""
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
    notifier: Function | None
    notifier_role: Role | None
    notifier_log: LogGroup | None
    querier: Function | None
    querier_role: Role | None
    querier_log: LogGroup | None


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A function with what is around it."""

    function: Function
    role: Role
    log: LogGroup


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
    people: ClassVar[Declared] = {
        "viewer": (Reach(actions=SEE, on=(OWN,)),),
        "scientist": (Reach(actions=(*START, *CONTROL), on=(OWN,)),),
        "admin": (Reach(actions=ANSWER, on=(OWN,)),),
    }

    def __init__(self, place: Named, args: SageMakerPipelinesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        deployer = self._create_deployer(args) if args.deploys else None
        notifier = self._create_notifier(args) if args.tells else None
        querier = self._create_querier(args) if args.queries else None
        named = {"deployer": deployer, "notifier": notifier, "querier": querier}
        functions = {name: made.function for name, made in named.items() if made}
        self.role = self._create_role(args, functions)
        self.deploy_role, self.tell_role, self.query_role = (
            made.role if made else self.role for made in (deployer, notifier, querier)
        )
        pipeline = self._create_pipeline(args, functions)

        self.nodes = SageMakerPipelinesNodes(
            pipeline=pipeline,
            execution_role=self.role,
            deployer=deployer.function if deployer else None,
            deployer_role=deployer.role if deployer else None,
            deployer_log=deployer.log if deployer else None,
            notifier=notifier.function if notifier else None,
            notifier_role=notifier.role if notifier else None,
            notifier_log=notifier.log if notifier else None,
            querier=querier.function if querier else None,
            querier_role=querier.role if querier else None,
            querier_log=querier.log if querier else None,
        )
        self.ref = _ref(pipeline)
        self.register_outputs({"pipeline_name": pipeline.pipeline_name, "pipeline_arn": pipeline.arn})

    def grant_start(self, role: Role) -> None:
        """Let a role start runs."""
        role.grant(self.allow("start", START, (self.nodes.pipeline.arn,)))

    def grant_look(self, role: Role) -> None:
        """Let a role see which runs are under way."""
        role.grant(self.allow("look", LOOK, (self.nodes.pipeline.arn,)))

    def _create_deployer(self, args: SageMakerPipelinesArgs) -> _Made:
        does = "Puts the models of the pipeline into service"
        what = "Creates or updates the endpoint with a run's model, and waits until it serves"
        return self._create_function("deployer", args, does, what, champions)

    def _create_notifier(self, args: SageMakerPipelinesArgs) -> _Made:
        does = "Sends the messages of the pipeline"
        what = "Sends a message to the alerts topic, with metrics of the run"
        return self._create_function("notifier", args, does, what)

    def _create_querier(self, args: SageMakerPipelinesArgs) -> _Made:
        does = "Asks Athena or a warehouse for the pipeline"
        what = "Asks Athena or a warehouse, and waits until the answer lies in the lake"
        return self._create_function("querier", args, does, what, query_warehouse)

    def _create_function(
        self, child: str, args: SageMakerPipelinesArgs, does: str, what: str, *modules: ModuleType
    ) -> _Made:
        """``does`` describes the role, ``what`` the function, which can import the modules."""
        source = HERE / f"{SOURCES[child]}.py"
        log = make_function_log(self, child, args.key)
        role = make_function_role(self, child, description=does, grants=(), boundary=args.boundary)
        props: dict[str, Any] = {
            "description": what,
            "code": pack(source, *modules),
            "handler": f"{source.stem}.handler",
            "runtime": RUNTIME,
            "role": role.role_arn,
            "timeout": STEP_SECONDS,
            "memory_size": 256,
        }
        return _Made(function=self.make(child, Function, props, depends_on=[role, log]), role=role, log=log)

    def _create_role(self, args: SageMakerPipelinesArgs, functions: Mapping[str, Function]) -> Role:
        return make_role(
            self,
            "execution_role",
            services=("sagemaker.amazonaws.com",),
            description="Runs the pipeline: starts its jobs, registers its models, calls its deployer",
            grants=[self.allow(CALLS[name], INVOKE, (one.arn,)) for name, one in functions.items()],
            boundary=args.boundary,
        )

    def _create_pipeline(self, args: SageMakerPipelinesArgs, functions: Mapping[str, Function]) -> Pipeline:
        props: dict[str, Any] = {
            "pipeline_display_name": self.physical(Pipeline.pulumi_type),
            "role_arn": self.role.role_arn,
            "pipeline_definition": args.definition({f"{name}_arn": one.arn for name, one in functions.items()}),
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
            asks=("sagemaker:ListPipelineParametersForExecution",),
        ),
    )


def orchestrate(place: Named, args: OrchestratorArgs) -> Orchestrator:
    return SageMakerPipelines(
        place,
        SageMakerPipelinesArgs(
            definition=args.definition,
            deploys=args.deploys,
            tells=args.tells,
            queries=args.queries,
            key=args.key,
            boundary=args.boundary,
        ),
    )
