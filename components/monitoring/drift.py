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
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group

__all__ = ["DriftMonitor", "DriftMonitorArgs", "DriftMonitorNodes", "QualityBound"]

# Idle cost: 0.10 $ a month for each alarm. Once it runs: 0.30 $ a month for each metric (six of an endpoint, and one of
# each column), and the job's minutes, about 0.01 $ for each look with ml.m5.large.

SOURCE: Final = Path(__file__).with_name("watch_function.py")
RUNTIME: Final = "python3.12"
SECONDS: Final = 300

DATA: Final = "aws/sagemaker/Endpoints/data-metrics"
QUALITY: Final = "aws/sagemaker/Endpoints/model-metrics"
"""Namespaces of SageMaker Model Monitor."""

INVOKE = ("lambda:InvokeFunction",)
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
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
        log = self._create_log(args)
        self.role = self._create_role(args)
        watcher = self._create_watcher(log)

        self.nodes = DriftMonitorNodes(
            watcher=watcher,
            watcher_role=self.role,
            watcher_log=log,
            drift_alarm=self._create_drift_alarm(args),
            quality_alarm=self._create_quality_alarm(args, args.quality) if args.quality else None,
        )
        self.watcher_arn: pulumi.Output[str] = watcher.arn
        self.register_outputs({"watcher_arn": watcher.arn})

    @property
    def alarms(self) -> dict[str, pulumi.Output[str]]:
        """What it is about to the alarm's name."""
        found = {"drift": self.nodes.drift_alarm, "quality": self.nodes.quality_alarm}
        return {what: alarm.name for what, alarm in found.items() if alarm}

    def grant_watch(self, role: Role) -> None:
        """Let a role (an orchestrator's) have the function look and tell."""
        role.grant(self.allow("watch", INVOKE, (self.watcher_arn,)))

    @property
    def _watcher(self) -> str:
        return self.physical(Function.pulumi_type, "watcher")

    def _create_log(self, args: DriftMonitorArgs) -> LogGroup:
        """Lambda's own name for it: made here first, so that it is encrypted and does not grow for ever."""
        return make_log_group(self, "watcher_log", args.key, name=f"/aws/lambda/{self._watcher}")

    def _create_role(self, args: DriftMonitorArgs) -> Role:
        endpoint = pulumi.Output.concat(self.site.arn("sagemaker", "endpoint/"), args.endpoint.name)
        logs = self.site.arn("logs", f"log-group:/aws/lambda/{self._watcher}:*")
        # CloudWatch scopes metrics by namespace only.
        within = {"StringEquals": {"cloudwatch:namespace": [DATA, QUALITY]}}
        return make_role(
            self,
            "watcher_role",
            services=("lambda.amazonaws.com",),
            description="Finds what an endpoint captured, and publishes how it compares",
            grants=[
                self.allow("log", LOG, (logs,)),
                self.allow("find", FIND, (endpoint,)),
                self.allow("tell", TELL, ("*",), within),
            ],
            boundary=args.boundary,
            # Lambda does not say for whose function it assumes a role.
            source_account=False,
        )

    def _create_watcher(self, log: LogGroup) -> Function:
        source = pulumi.StringAsset(SOURCE.read_text(encoding="utf-8"))
        props: dict[str, Any] = {
            "description": "Finds what an endpoint captured, and publishes how it compares with the training data",
            "code": pulumi.AssetArchive({SOURCE.name: source}),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 512,
        }
        return self.make("watcher", Function, props, depends_on=[self.role, log])

    def _create_drift_alarm(self, args: DriftMonitorArgs) -> MetricAlarm:
        props = {
            "alarm_description": f"Requests of {args.endpoint.name} are not what its model learned from",
            "namespace": DATA,
            "metric_name": "drift",
            "comparison_operator": "GreaterThanThreshold",
            "threshold": args.at_most,
            "statistic": "Maximum",
        }
        return self.make("drift_alarm", MetricAlarm, {**self._alarm(args), **props})

    def _create_quality_alarm(self, args: DriftMonitorArgs, quality: QualityBound) -> MetricAlarm:
        low = quality.direction == "at_least"
        props = {
            "alarm_description": f"Predictions of {args.endpoint.name} turned out worse than they may be",
            "namespace": QUALITY,
            "metric_name": quality.metric,
            "comparison_operator": "LessThanThreshold" if low else "GreaterThanThreshold",
            "threshold": quality.bound,
            "statistic": "Minimum" if low else "Maximum",
        }
        return self.make("quality_alarm", MetricAlarm, {**self._alarm(args), **props})

    def _alarm(self, args: DriftMonitorArgs) -> dict[str, Any]:
        """Between two looks an alarm stays as it is, so that it is raised once, and not at each look."""
        return {
            "dimensions": {"Endpoint": args.endpoint.name},
            "period": 300,
            "evaluation_periods": 1,
            "treat_missing_data": "ignore",
            "alarm_actions": [args.alerts.arn] if args.alerts else [],
        }
