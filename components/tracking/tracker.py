"""What logs every run when it is over: rules on the ends of runs, and the function that they call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode

import pulumi
from pulumi_aws.cloudwatch import EventRule, EventTarget, LogGroup
from pulumi_aws.lambda_ import Function, Permission

from mlops_iac.components._kit import BoundaryRef, Component, Grant, KeyRef, LakeRef, Named, PipelineRef, Reach, render
from mlops_iac.components._kit.documents import settled
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role
from mlops_iac.core import lake_files
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.pipelines import hyperparameters

__all__ = ["TrackedPipeline", "Tracker", "TrackerArgs", "TrackerNodes"]

# Idle cost: nothing. A run costs one call of a few seconds.

HERE: Final = Path(__file__).parent
SOURCE: Final = HERE / "track_function.py"
JOBS: Final = HERE / "job_logs.py"
SECONDS: Final = 900
"""The most that Lambda offers: what scripts logged may be much."""

INVOKE = ("lambda:InvokeFunction",)
EXPERIMENTS = (
    "sagemaker:AddTags",
    "sagemaker:AssociateTrialComponent",
    "sagemaker:BatchPutMetrics",
    "sagemaker:CreateExperiment",
    "sagemaker:CreateTrial",
    "sagemaker:CreateTrialComponent",
)
KINDS = ("experiment", "experiment-trial", "experiment-trial-component")

Kind = Literal["mlflow", "sagemaker"]


@dataclass(frozen=True, kw_only=True)
class TrackedPipeline:
    """One pipeline, and what of its runs is read."""

    ref: PipelineRef
    evaluations: Sequence[str] = ()
    """Keys of files with metrics, ``{run}`` for the run's id. Left out: its runs have no metrics."""


@dataclass(frozen=True, kw_only=True)
class TrackerArgs:
    """What is logged, and where."""

    kind: Kind
    """``mlflow``, or ``sagemaker`` for SageMaker's experiments."""
    pipelines: Mapping[str, TrackedPipeline]
    """By name."""
    lake: LakeRef
    app_arn: pulumi.Input[str] = ""
    """Of the MLflow app. Left out: there is none."""
    key: KeyRef | None = None
    """Encrypts the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `TrackerNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class TrackerNodes:
    function: Function
    role: Role
    log: LogGroup
    rules: Mapping[str, EventRule]
    targets: Mapping[str, EventTarget]
    permissions: Mapping[str, Permission]


class Tracker(Component):
    """Logs the runs of one environment, whoever started them and however they end."""

    Nodes = TrackerNodes
    reach = (Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),)

    def __init__(self, place: Named, args: TrackerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        log = make_function_log(self, "function", args.key)
        self.role = self._create_role(args)
        function = self._create_function(args, log)
        rules = {name: self._create_rule(name, one.ref) for name, one in args.pipelines.items()}

        self.nodes = TrackerNodes(
            function=function,
            role=self.role,
            log=log,
            rules=rules,
            targets={name: self._create_target(name, rule, function) for name, rule in rules.items()},
            permissions={name: self._create_permission(name, rule, function) for name, rule in rules.items()},
        )
        self.register_outputs({"function_arn": function.arn})

    def _create_role(self, args: TrackerArgs) -> Role:
        """What only some environments need is in the boundary of these only: it has little room."""
        grants: list[Grant] = []
        asks = tuple(sorted({action for one in args.pipelines.values() for action in one.ref.untold.asks}))
        if asks:
            self.site.ceiling.add((Reach(actions=asks),))
            pipelines = self.site.arn("sagemaker", f"pipeline/{self.site.stack}-*")
            grants.append(self.allow("parameters", asks, (pipelines,)))
        if args.kind == "sagemaker":
            self.site.ceiling.add((Reach(actions=EXPERIMENTS),))
            own = tuple(self.site.arn("sagemaker", f"{kind}/{self.site.stack}-*") for kind in KINDS)
            grants.append(self.allow("experiments", EXPERIMENTS, own))
        description = "Logs runs when they are over"
        return make_function_role(self, "function", description=description, grants=grants, boundary=args.boundary)

    def _create_function(self, args: TrackerArgs, log: LogGroup) -> Function:
        module = HERE / f"track_{args.kind}.py"
        parts = (SOURCE, hyperparameters, lake_files, module, *((JOBS,) if args.kind == "mlflow" else ()))
        props: dict[str, Any] = {
            "description": "Logs runs when they are over",
            "code": settled(self._settings(args, module.stem)).apply(
                lambda told: pack(*parts, settings={"tracking.json": told})
            ),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 512,
        }
        return self.make("function", Function, props, depends_on=[self.role, log])

    def _settings(self, args: TrackerArgs, module: str) -> dict[str, Any]:
        key = args.lake.key_arn
        return {
            "stack": self.site.stack,
            "bucket": args.lake.bucket,
            "models": args.lake.zones["models"],
            "encryption": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {},
            "tagging": urlencode({STACK_TAG: self.site.stack}),
            "tags": {STACK_TAG: self.site.stack, **self.site.tags},
            "module": module,
            "app": args.app_arn,
            "pipelines": [_pipeline(name, one) for name, one in sorted(args.pipelines.items())],
        }

    def _create_rule(self, name: str, ref: PipelineRef) -> EventRule:
        told = ref.untold
        detail = {told.handle: [ref.handle], told.status: [*told.ends]}
        pattern = {"source": [told.source], "detail-type": [told.detail_type], "detail": detail}
        props = {"description": f"Runs of {name} in {self.site.stack} are logged", "event_pattern": render(pattern)}
        return self.make("rules", EventRule, props, name=name)

    def _create_target(self, name: str, rule: EventRule, function: Function) -> EventTarget:
        props = {"rule": rule.name, "arn": function.arn, "target_id": "tracker"}
        return self.make("targets", EventTarget, props, name=f"{name}-target")

    def _create_permission(self, name: str, rule: EventRule, function: Function) -> Permission:
        props = {
            "statement_id": name,
            "action": INVOKE[0],
            "function": function.name,
            "principal": "events.amazonaws.com",
            "source_arn": rule.arn,
        }
        return self.make("permissions", Permission, props, name=f"{name}-permission")


def _pipeline(name: str, one: TrackedPipeline) -> dict[str, Any]:
    told = one.ref.untold
    return {
        "name": name,
        "handle": one.ref.handle,
        "handle_key": told.handle,
        "run_key": told.run,
        "status_key": told.status,
        "succeeded": told.succeeded,
        "evaluations": list(one.evaluations),
    }
