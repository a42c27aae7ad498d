"""How many instances an endpoint has, by what it is asked: Application Auto Scaling, set up by a function.

The endpoint is made by a run, and only what is there can be a scalable target: so a function registers it after each
deployment, and whenever the settings change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.lambda_ import Function, Invocation

from mlops_iac.components._kit import BoundaryRef, Component, EndpointRef, KeyRef, Metric, Named, Reach, ScalingRef
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role
from mlops_iac.components.serving.ranges import within
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.instance_types import is_burstable

__all__ = [
    "BacklogScaling",
    "ConcurrencyScaling",
    "EndpointScaling",
    "EndpointScalingArgs",
    "EndpointScalingNodes",
    "Scaling",
]

# Idle cost: 0.10 $ a month for each alarm of its policies: two, and a third where the endpoint may sleep.

SOURCE: Final = Path(__file__).with_name("scale_function.py")
SECONDS: Final = 60
MOST: Final = 100
"""Instances of an endpoint at most."""

INVOKE = ("lambda:InvokeFunction",)
LOOK = ("sagemaker:DescribeEndpoint",)
COMPARE = ("sagemaker:DescribeEndpointConfig",)
SCALE = (
    "application-autoscaling:DeleteScalingPolicy",
    "application-autoscaling:DeregisterScalableTarget",
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:RegisterScalableTarget",
)
LET_GO = ("application-autoscaling:DeregisterScalableTarget",)
"""Who deletes an endpoint deregisters what is scaled of it:
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html"""
ALARMS = ("cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm")
"""Application Auto Scaling makes its alarms as whoever puts the policy:
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html"""
LINK = ("iam:CreateServiceLinkedRole",)
PRINCIPAL: Final = "sagemaker.application-autoscaling.amazonaws.com"
LINKED: Final = f"role/aws-service-role/{PRINCIPAL}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
"""AWS's own role, by which it changes endpoints; made once in an account."""
INSTANCES: Final = "sagemaker:variant:DesiredInstanceCount"
AWAKE: Final = "sagemaker:variant:DesiredProvisionedConcurrency"
VARIANTS: Final = {
    "StringEquals": {
        "application-autoscaling:service-namespace": "sagemaker",
        "application-autoscaling:scalable-dimension": [INSTANCES, AWAKE],
    }
}
"""AWS gives scalable targets names that nobody knows before: they are told by what they scale. Both, because an
endpoint that changes its flavour gives back what it was."""
TARGETS: Final = "scalable-target/*"
TO_SCALE: Final = {"StringLike": {"iam:AWSServiceName": PRINCIPAL}}
SEE = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingActivities",
    "application-autoscaling:DescribeScalingPolicies",
)
"""AWS takes no resource for these."""
PER_INSTANCE: Final = "ApproximateBacklogSizePerInstance"
REQUESTS, BACKLOG, WAKE, BUSY = "requests", "backlog", "wake", "busy"
"""The policies that there may be."""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Bounds and target of what all instances of a realtime endpoint are asked."""

    at_least: int = 2
    """Instances in quiet times. Left out: two, in two zones."""
    at_most: int
    """Instances at the busiest, up to 100."""
    target: float = 300
    """Requests a minute that each instance should get. Left out: 300, which is AWS's rule of half of what an instance
    can answer for one that answers ten a second."""
    in_cooldown_seconds: int = 300
    """Between two steps down. Left out: 300, AWS's own."""
    out_cooldown_seconds: int = 300
    """Between two steps up. Left out: 300, AWS's own."""

    least: ClassVar[int] = 1
    """The smallest `at_least`."""
    dimension: ClassVar[str] = INSTANCES
    """What is scaled, in Application Auto Scaling's words."""

    def check(self, instance_type: str) -> None:
        """Raise BlueprintError for what AWS would refuse."""
        within("scaling.at_least", self.at_least, self.least, MOST)
        within("scaling.at_most", self.at_most, max(self.at_least, 1), MOST)
        if is_burstable(instance_type):
            raise BlueprintError(
                "This endpoint cannot be scaled.",
                f"`{instance_type}` is burstable, and SageMaker scales no endpoint of such instances.",
                hint="choose another instance type (`ml.m5.large`), or no scaling.",
            )

    @property
    def first(self) -> int:
        """Instances that a deployment starts with."""
        return max(self.at_least, 1)

    def metric(self, endpoint: EndpointRef) -> Metric:
        """What it goes by."""
        names = {"EndpointName": endpoint.name, "VariantName": endpoint.settings["VariantName"]}
        return Metric(namespace="AWS/SageMaker", name="InvocationsPerInstance", dimensions=names)

    def policies(self, endpoint: str) -> list[dict[str, Any]]:
        """What PutScalingPolicy is given.

        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
        """
        known = {"PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}
        return [self._tracking(REQUESTS, known)]

    def wake(self, endpoint: str, alarm: str) -> dict[str, Any] | None:
        """What PutMetricAlarm is given for the step from none; None where there is always one."""
        return None

    def _tracking(self, name: str, metric: Mapping[str, Any]) -> dict[str, Any]:
        config = {
            "TargetValue": float(self.target),
            "ScaleInCooldown": self.in_cooldown_seconds,
            "ScaleOutCooldown": self.out_cooldown_seconds,
            **metric,
        }
        kind = "TargetTrackingScaling"
        return {"PolicyName": name, "PolicyType": kind, f"{kind}PolicyConfiguration": config}


@dataclass(frozen=True, kw_only=True)
class BacklogScaling(Scaling):
    """Bounds and target of the queue of an asynchronous endpoint, which may sleep.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html: the policies, the alarm and their
    numbers are AWS's.
    """

    at_least: int = 0
    """Instances while nobody asks. Left out: none, which costs nothing; the first request then waits minutes."""
    target: float = 5
    """Requests that wait for each instance. Left out: 5."""
    in_cooldown_seconds: int = 600
    """Between two steps down. Left out: 600."""

    least: ClassVar[int] = 0

    def metric(self, endpoint: EndpointRef) -> Metric:
        names = {"EndpointName": endpoint.name}
        return Metric(namespace="AWS/SageMaker", name=PER_INSTANCE, dimensions=names)

    def policies(self, endpoint: str) -> list[dict[str, Any]]:
        metric = {
            "CustomizedMetricSpecification": {
                "MetricName": PER_INSTANCE,
                "Namespace": "AWS/SageMaker",
                "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
                "Statistic": "Average",
            }
        }
        found = [self._tracking(BACKLOG, metric)]
        return [*found, _from_none(self.out_cooldown_seconds)] if self.at_least == 0 else found

    def wake(self, endpoint: str, alarm: str) -> dict[str, Any] | None:
        if self.at_least > 0:
            return None
        return {
            "AlarmName": alarm,
            "AlarmDescription": f"{endpoint} has requests, and no instance for them",
            "MetricName": "HasBacklogWithoutCapacity",
            "Namespace": "AWS/SageMaker",
            "Statistic": "Average",
            "EvaluationPeriods": 2,
            "DatapointsToAlarm": 2,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "missing",
            "Period": 60,
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
        }


@dataclass(frozen=True, kw_only=True)
class ConcurrencyScaling(Scaling):
    """Bounds and target of how many requests at one time a serverless endpoint is awake for.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-autoscale.html
    """

    at_least: int = 1
    """Requests at one time in quiet times. Left out: one."""
    target: float = 0.7
    """Part of what is awake that should be busy, 0.1 to 0.9. Left out: 0.7."""

    dimension: ClassVar[str] = AWAKE

    def metric(self, endpoint: EndpointRef) -> Metric:
        names = {"EndpointName": endpoint.name, "VariantName": endpoint.settings["VariantName"]}
        return Metric(namespace="AWS/SageMaker", name="ServerlessProvisionedConcurrencyUtilization", dimensions=names)

    def policies(self, endpoint: str) -> list[dict[str, Any]]:
        kind = "SageMakerVariantProvisionedConcurrencyUtilization"
        return [self._tracking(BUSY, {"PredefinedMetricSpecification": {"PredefinedMetricType": kind}})]


def _from_none(cooldown: int) -> dict[str, Any]:
    config = {
        "AdjustmentType": "ChangeInCapacity",
        "MetricAggregationType": "Average",
        "Cooldown": cooldown,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    return {"PolicyName": WAKE, "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": config}


@dataclass(frozen=True, kw_only=True)
class EndpointScalingArgs:
    """What is scaled, and how."""

    endpoint: EndpointRef
    """Whose variant it is."""
    scaling: Scaling
    """Bounds and target."""
    key: KeyRef | None = None
    """Encrypts the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the function's role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `EndpointScalingNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class EndpointScalingNodes:
    scaler: Function
    scaler_role: Role
    scaler_log: LogGroup
    applied: Invocation


class EndpointScaling(Component):
    """As many instances behind an endpoint as it needs, or awake of a serverless one."""

    Nodes = EndpointScalingNodes
    reach = (
        Reach(actions=INVOKE, on=("function:{stack}-*",)),
        Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),
        Reach(actions=(*LOOK, *COMPARE)),
        Reach(actions=SCALE, on=(TARGETS,)),
        Reach(actions=ALARMS, on=("alarm:TargetTracking-endpoint/{stack}-*", "alarm:{stack}-*")),
        Reach(actions=LINK, on=(LINKED,)),
    )
    people: ClassVar[Declared] = {
        "viewer": (Reach(actions=SEE, on=("*",)),),
        "admin": (Reach(actions=LET_GO, on=(TARGETS,), conditions=VARIANTS),),
    }

    def __init__(self, place: Named, args: EndpointScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        settings = self._settings(args)
        log = make_function_log(self, "scaler", args.key)
        self.role = self._create_role(args)
        scaler = self._create_scaler(settings, log)
        applied = self._apply(settings, scaler)

        self.nodes = EndpointScalingNodes(scaler=scaler, scaler_role=self.role, scaler_log=log, applied=applied)
        self.ref = ScalingRef(
            scaler_arn=scaler.arn,
            at_least=args.scaling.at_least,
            at_most=args.scaling.at_most,
            metric=args.scaling.metric(args.endpoint),
            target=args.scaling.target,
        )
        self.register_outputs({"scaler_arn": scaler.arn})

    def grant_deploy(self, role: Role) -> None:
        """Let who puts models behind the endpoint call the scaler, and delete an endpoint that is scaled."""
        targets = self.site.arn("application-autoscaling", TARGETS)
        role.grant(
            self.allow("scale", INVOKE, (self.nodes.scaler.arn,)),
            self.allow("let go", LET_GO, (targets,), VARIANTS),
        )

    def _settings(self, args: EndpointScalingArgs) -> pulumi.Output[str]:
        def render(name: str) -> str:
            return json.dumps(_settings(name, args), separators=(",", ":"), sort_keys=True)

        return pulumi.Output.from_input(args.endpoint.name).apply(render)

    def _create_role(self, args: EndpointScalingArgs) -> Role:
        site, name = self.site, args.endpoint.name
        alarms = site.arn("cloudwatch", "alarm:")
        tracking, wake = (
            pulumi.Output.concat(alarms, "TargetTracking-endpoint/", name, "/*"),
            pulumi.Output.concat(alarms, name, f"-{WAKE}"),
        )
        endpoint = pulumi.Output.concat(site.arn("sagemaker", "endpoint/"), name)
        grants = [
            self.allow("look", LOOK, (endpoint,)),
            self.allow("compare", COMPARE, (site.arn("sagemaker", f"endpoint-config/{site.stack}-*"),)),
            self.allow("register", SCALE, (site.arn("application-autoscaling", TARGETS),), VARIANTS),
            self.allow("alarms", ALARMS, (tracking, wake)),
            self.allow("link", LINK, (site.arn("iam", LINKED, region=False),), TO_SCALE),
        ]
        what = "Registers the endpoint with Application Auto Scaling"
        return make_function_role(self, "scaler", description=what, grants=grants, boundary=args.boundary)

    def _create_scaler(self, settings: pulumi.Output[str], log: LogGroup) -> Function:
        props: dict[str, Any] = {
            "description": "Registers the endpoint with Application Auto Scaling, before and after each deployment",
            "code": pack(SOURCE),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 256,
            "environment": {"variables": {"SCALING": settings}},
        }
        return self.make("scaler", Function, props, depends_on=[self.role, log])

    def _apply(self, settings: pulumi.Output[str], scaler: Function) -> Invocation:
        """Call the scaler when the settings change, or are taken away."""
        told = pulumi.Output.concat('{"settings":', settings, "}")
        props = {"function_name": scaler.name, "lifecycle_scope": "CRUD", "input": told}
        return self.make("applied", Invocation, props, depends_on=[scaler])


def _settings(endpoint: str, args: EndpointScalingArgs) -> dict[str, Any]:
    """What the scaler goes by."""
    scaling = args.scaling
    return {
        "endpoint": endpoint,
        "variant": args.endpoint.settings["VariantName"],
        "dimension": scaling.dimension,
        "least": scaling.at_least,
        "most": scaling.at_most,
        "policies": scaling.policies(endpoint),
        "names": [REQUESTS, BACKLOG, WAKE, BUSY],
        "wake": scaling.wake(endpoint, f"{endpoint}-{WAKE}"),
    }
