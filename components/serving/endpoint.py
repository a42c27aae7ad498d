"""What every flavour of endpoint has before its first model exists: a name, a role, a log, two alarms.

The endpoint itself is made by the deploy step of the first run that passes its gate; until then there is nothing to
pay and nothing that could fail, so that a first ``up`` on an empty account is green.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
from pulumi_aws.cloudwatch import LogGroup, MetricAlarm

from mlops_iac.components._kit import BoundaryRef, Component, EndpointRef, KeyRef, NetworkRef, Reach, TopicRef
from mlops_iac.components._kit import images as ecr
from mlops_iac.components._kit import sagemaker as kit
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.core.errors import BlueprintError

# Idle cost: 0.10 $ a month for each of the two alarms.

VARIANT = "main"
"""The production variant that every endpoint has."""

MODELS = ("sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DeleteModel", "sagemaker:DescribeModel")
DEPLOY = (
    "sagemaker:AddTags",
    "sagemaker:CreateEndpoint",
    "sagemaker:CreateEndpointConfig",
    "sagemaker:DeleteEndpoint",
    "sagemaker:DeleteEndpointConfig",
    "sagemaker:DescribeEndpoint",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:ListTags",
    "sagemaker:UpdateEndpoint",
)


INVOKE = ("sagemaker:InvokeEndpoint",)


@dataclass(frozen=True, kw_only=True)
class EndpointArgs:
    """What a team may say about any endpoint."""

    images: Sequence[str] = ()
    """Container images its models may use, by URI in any ECR registry. Left out: none."""
    slow_after_ms: int = 2000
    """Alarm when the slowest tenth of requests takes longer than this in the model, in milliseconds. Left out: two
    seconds."""
    alerts: TopicRef | None = None
    """Topic that its alarms tell. Left out: the alarms are seen in the console only."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `EndpointNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class EndpointNodes:
    role: Role
    log_group: LogGroup
    errors_alarm: MetricAlarm
    latency_alarm: MetricAlarm


class Endpoint(Component):
    """The part that flavours share; make a flavour, not this."""

    Nodes = EndpointNodes
    reach = (*kit.REACH, *ecr.REACH, Reach(actions=(*MODELS, *DEPLOY, *INVOKE)), kit.PASS_ROLE)

    def _declare(
        self,
        args: EndpointArgs,
        flavour: Literal["serverless", "realtime"],
        settings: Mapping[str, Any],
        *,
        key: KeyRef | None,
        network: NetworkRef | None,
    ) -> None:
        """Everything but the endpoint. ``key`` and ``network`` are None where the flavour cannot have them."""
        self.endpoint_name = self.physical("aws:sagemaker/endpoint:Endpoint")
        role = self._create_role(args, key, network)
        group = self._create_log_group(key)
        errors = self._create_errors_alarm(args)
        latency = self._create_latency_alarm(args)

        self.nodes = EndpointNodes(role=role, log_group=group, errors_alarm=errors, latency_alarm=latency)
        self.role = role
        self.ref = EndpointRef(
            name=self.endpoint_name,
            flavour=flavour,
            role_arn=role.role_arn,
            settings={"VariantName": VARIANT, "InitialVariantWeight": 1, **settings},
            key_arn=key.arn if key and flavour == "realtime" else None,
            subnet_ids=network.subnet_ids if network else (),
            security_group_ids=(network.job_security_group_id,) if network else (),
            network_isolation=flavour == "realtime",
        )
        self.register_outputs({"endpoint_name": self.endpoint_name, "role_arn": role.role_arn})

    def grant_deploy(self, role: Role) -> None:
        """Let a role (an orchestrator's) make models and put them behind this endpoint, and no other."""
        stack = self.site.stack
        models = self.site.arn("sagemaker", f"model/{stack}-*")
        configurations = self.site.arn("sagemaker", f"endpoint-config/{stack}-*")
        role.grant(
            self.allow("models", MODELS, (models,)),
            self.allow("deploy", DEPLOY, (self._arn(), configurations)),
            kit.pass_to_sagemaker(self.place, self.role.role_arn),
            *kit.lend(self.place, self.ref.key_arn),
        )

    def grant_invoke(self, role: Role) -> None:
        """Let a role ask for predictions."""
        role.grant(self.allow("invoke", INVOKE, (self._arn(),)))

    def _arn(self) -> pulumi.Output[str]:
        return self.site.arn("sagemaker", f"endpoint/{self.endpoint_name}")

    def _create_role(self, args: EndpointArgs, key: KeyRef | None, network: NetworkRef | None) -> Role:
        return make_role(
            self,
            "role",
            services=("sagemaker.amazonaws.com",),
            description="Runs the models behind the endpoint",
            grants=[
                # AWS names the streams <variant>/<instance>.
                *kit.write_logs(self.place, f"Endpoints/{self.endpoint_name}", "*"),
                kit.write_metrics(self.place),
                *ecr.pull(self.place, args.images),
                *kit.attach(self.place, network),
                *kit.encrypt(self.place, key),
            ],
            boundary=args.boundary,
        )

    def _create_log_group(self, key: KeyRef | None) -> LogGroup:
        """SageMaker's own name for it: made here first, so that it is encrypted and does not grow for ever."""
        props: dict[str, Any] = {
            "name": f"/aws/sagemaker/Endpoints/{self.endpoint_name}",
            "retention_in_days": self.site.log_days,
        }
        if key:
            props["kms_key_id"] = key.arn
        return self.make("log_group", LogGroup, props)

    def _create_errors_alarm(self, args: EndpointArgs) -> MetricAlarm:
        props = {
            "alarm_description": f"{self.endpoint_name} answered with an error of its own",
            "metric_name": "Invocation5XXErrors",
            "statistic": "Sum",
            "threshold": 0,
        }
        return self.make("errors_alarm", MetricAlarm, {**self._alarm(args), **props})

    def _create_latency_alarm(self, args: EndpointArgs) -> MetricAlarm:
        props = {
            "alarm_description": f"{self.endpoint_name} is slower than {args.slow_after_ms} ms",
            "metric_name": "ModelLatency",
            "extended_statistic": "p90",
            "threshold": args.slow_after_ms * 1000,  # SageMaker counts microseconds
        }
        return self.make("latency_alarm", MetricAlarm, {**self._alarm(args), **props})

    def _alarm(self, args: EndpointArgs) -> dict[str, Any]:
        return {
            "namespace": "AWS/SageMaker",
            "dimensions": {"EndpointName": self.endpoint_name, "VariantName": VARIANT},
            "comparison_operator": "GreaterThanThreshold",
            "period": 300,
            "evaluation_periods": 1,
            "treat_missing_data": "notBreaching",
            "alarm_actions": [args.alerts.arn] if args.alerts else [],
        }


def within(name: str, value: int, least: int, most: int) -> None:
    """Raise BlueprintError for a setting that AWS would refuse."""
    if not least <= value <= most:
        detail = f"Serving's `{name}` is {value}; it may be {least} to {most}."
        raise BlueprintError("Value out of range.", detail, hint=f"set `{name}` within these bounds.")
