"""Whether what an endpoint is asked is still what its model learned from: a function that finds what was captured and
tells CloudWatch how it compares, and alarms on that."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import pulumi
from pulumi_aws.cloudwatch import LogGroup, MetricAlarm
from pulumi_aws.lambda_ import Function

from mlops_iac.components._kit import BoundaryRef, Component, EndpointRef, KeyRef, Named, Reach, TopicRef
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role

__all__ = ["DriftMonitor", "DriftMonitorArgs", "DriftMonitorNodes", "QualityBound"]

# Idle cost: 0.10 $ a month for each alarm. Once it runs: 0.30 $ a month for each metric (six of an endpoint, and one of
# each column), and the job's minutes, about 0.01 $ for each look with ml.m5.large.

SOURCE: Final = Path(__file__).with_name("watch_function.py")
SECONDS: Final = 300

DATA: Final = "aws/sagemaker/Endpoints/data-metrics"
QUALITY: Final = "aws/sagemaker/Endpoints/model-metrics"
BIAS: Final = "aws/sagemaker/Endpoints/bias-metrics"
EXPLAIN: Final = "aws/sagemaker/Endpoints/explainability-metrics"
"""Namespaces of SageMaker Model Monitor."""

INVOKE = ("lambda:InvokeFunction",)
FIND = ("sagemaker:DescribeEndpoint",)
TELL = ("cloudwatch:PutMetricData",)


@dataclass(frozen=True, kw_only=True)
class QualityBound:
    """What predictions must reach once the truth is known."""

    metric: str
    direction: Literal["at_least", "at_most"]
    bound: float


@dataclass(frozen=True, kw_only=True)
class DriftMonitorArgs:
    """What is watched, and what is too much."""

    endpoint: EndpointRef
    at_most: float = 0.2
    """Alarm when the greatest drift of a column is above this. Left out: 0.2."""
    quality: QualityBound | None = None
    """Alarm when predictions turn out worse than this. Left out: there is no such alarm."""
    bias_at_most: float | None = None
    """Alarm when groups are treated less alike than at the training, by more than this. Left out: no such alarm."""
    explain_at_least: float | None = None
    """Alarm when less than this is left of the order of columns that answers depend on. Left out: no such alarm."""
    alerts: TopicRef | None = None
    """Topic that the alarms tell. Left out: they are seen in the console only."""
    key: KeyRef | None = None
    """Encrypts the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `DriftMonitorNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class DriftMonitorNodes:
    watcher: Function
    watcher_role: Role
    watcher_log: LogGroup
    drift_alarm: MetricAlarm
    quality_alarm: MetricAlarm | None
    bias_alarm: MetricAlarm | None
    explain_alarm: MetricAlarm | None


class DriftMonitor(Component):
    """The watch over one endpoint. When it looks, and what compares, is a pipeline with a `monitor` step."""

    Nodes = DriftMonitorNodes
    reach = (
        Reach(actions=INVOKE, on=("function:{stack}-*",)),
        Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),
        Reach(actions=FIND),
        Reach(actions=TELL),
    )

    def __init__(self, place: Named, args: DriftMonitorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        log = make_function_log(self, "watcher", args.key)
        self.role = self._create_role(args)
        watcher = self._create_watcher(log)

        self.nodes = DriftMonitorNodes(
            watcher=watcher,
            watcher_role=self.role,
            watcher_log=log,
            drift_alarm=self._create_drift_alarm(args),
            quality_alarm=self._create_quality_alarm(args, args.quality) if args.quality else None,
            bias_alarm=self._create_bias_alarm(args, args.bias_at_most) if args.bias_at_most else None,
            explain_alarm=self._create_explain_alarm(args, args.explain_at_least) if args.explain_at_least else None,
        )
        self.watcher_arn: pulumi.Output[str] = watcher.arn
        self.register_outputs({"watcher_arn": watcher.arn})

    @property
    def alarms(self) -> dict[str, pulumi.Output[str]]:
        """What it is about to the alarm's name."""
        nodes = self.nodes
        found = {"drift": nodes.drift_alarm, "quality": nodes.quality_alarm}
        found |= {"bias": nodes.bias_alarm, "explain": nodes.explain_alarm}
        return {what: alarm.name for what, alarm in found.items() if alarm}

    def grant_watch(self, role: Role) -> None:
        """Let a role (an orchestrator's) have the function look and tell."""
        role.grant(self.allow("watch", INVOKE, (self.watcher_arn,)))

    def _create_role(self, args: DriftMonitorArgs) -> Role:
        endpoint = pulumi.Output.concat(self.site.arn("sagemaker", "endpoint/"), args.endpoint.name)
        # CloudWatch scopes metrics by namespace only.
        within = {"StringEquals": {"cloudwatch:namespace": sorted((DATA, QUALITY, BIAS, EXPLAIN))}}
        return make_function_role(
            self,
            "watcher",
            description="Finds what an endpoint captured, and publishes how it compares",
            grants=[self.allow("find", FIND, (endpoint,)), self.allow("tell", TELL, ("*",), within)],
            boundary=args.boundary,
        )

    def _create_watcher(self, log: LogGroup) -> Function:
        props: dict[str, Any] = {
            "description": "Finds what an endpoint captured, and publishes how it compares with the training data",
            "code": pack(SOURCE),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 512,
        }
        return self.make("watcher", Function, props, depends_on=[self.role, log])

    def _create_drift_alarm(self, args: DriftMonitorArgs) -> MetricAlarm:
        what = f"Requests of {args.endpoint.name} are not what its model learned from"
        return self.make("drift_alarm", MetricAlarm, self._alarm(args, what, DATA, "drift", at_most=args.at_most))

    def _create_quality_alarm(self, args: DriftMonitorArgs, quality: QualityBound) -> MetricAlarm:
        what = f"Predictions of {args.endpoint.name} turned out worse than they may be"
        bound = {quality.direction: quality.bound}
        return self.make("quality_alarm", MetricAlarm, self._alarm(args, what, QUALITY, quality.metric, **bound))

    def _create_bias_alarm(self, args: DriftMonitorArgs, at_most: float) -> MetricAlarm:
        what = f"{args.endpoint.name} treats groups less alike than its model did at the training"
        return self.make("bias_alarm", MetricAlarm, self._alarm(args, what, BIAS, "bias_drift", at_most=at_most))

    def _create_explain_alarm(self, args: DriftMonitorArgs, at_least: float) -> MetricAlarm:
        what = f"Answers of {args.endpoint.name} depend on other columns than at the training"
        return self.make("explain_alarm", MetricAlarm, self._alarm(args, what, EXPLAIN, "ndcg", at_least=at_least))

    def _alarm(
        self,
        args: DriftMonitorArgs,
        what: str,
        namespace: str,
        metric: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> dict[str, Any]:
        """Between two looks an alarm stays as it is, so that it is raised once, and not at each look."""
        low = at_least is not None
        return {
            "alarm_description": what,
            "namespace": namespace,
            "metric_name": metric,
            "comparison_operator": "LessThanThreshold" if low else "GreaterThanThreshold",
            "threshold": at_least if low else at_most,
            "statistic": "Minimum" if low else "Maximum",
            "dimensions": {"Endpoint": args.endpoint.name},
            "period": 300,
            "evaluation_periods": 1,
            "treat_missing_data": "ignore",
            "alarm_actions": [args.alerts.arn] if args.alerts else [],
        }
