"""An endpoint before its first model exists: a name, a role, a log, two alarms, and the flavour it will have.

The endpoint itself is made by the deploy step of the first run that passes its gate; until then there is nothing to
pay and nothing that could fail, so that a first ``up`` on an empty account is green. Flavours are settings, not
components: changing one changes what is there, under the same names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi_aws.cloudwatch import LogGroup, MetricAlarm

from mlops_iac.components._kit import (
    BoundaryRef,
    Component,
    EndpointRef,
    KeyRef,
    LakeRef,
    Named,
    NetworkRef,
    Reach,
    TopicRef,
)
from mlops_iac.components._kit import images as ecr
from mlops_iac.components._kit import sagemaker as kit
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.components.serving.asynchronous import Asynchronous
from mlops_iac.components.serving.capture import Capture
from mlops_iac.components.serving.realtime import Realtime
from mlops_iac.components.serving.scaling import LET_GO, TARGETS
from mlops_iac.components.serving.serverless import Serverless
from mlops_iac.components.serving.startup import Startup
from mlops_iac.core.errors import BlueprintError

__all__ = ["Asynchronous", "Capture", "Endpoint", "EndpointArgs", "EndpointNodes", "Realtime", "Serverless", "Startup"]

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


READ_ALARMS = ("cloudwatch:DescribeAlarms",)
"""SageMaker reads the alarms that guard a deployment in the role of the models:
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html"""

SEE = (
    "sagemaker:DescribeEndpoint",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:DescribeModel",
    "sagemaker:ListTags",
)
TO_SAGEMAKER = Reach(
    actions=("iam:PassRole",),
    on=("role/{stack}-*",),
    conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
)
INVOKE = ("sagemaker:InvokeEndpoint",)
INVOKE_ASYNC = ("sagemaker:InvokeEndpointAsync",)


@dataclass(frozen=True, kw_only=True)
class EndpointArgs:
    """What a team may say about an endpoint."""

    flavour: Serverless | Realtime | Asynchronous = field(default_factory=Serverless)
    """How it serves. Left out: serverless, which costs nothing while nobody asks."""
    images: Sequence[str] = ()
    """Container images its models may use, by URI in any ECR registry. Left out: none."""
    startup: Startup | None = None
    """Time and drivers for models that load for minutes; not for serverless endpoints. Left out: SageMaker's usual."""
    slow_after_ms: int = 2000
    """Alarm when the slowest tenth of requests takes longer than this in the model, in milliseconds. Left out: two
    seconds."""
    capture: Capture | None = None
    """Keep requests and answers in the lake; realtime endpoints only. Left out: nothing is kept."""
    lake: LakeRef | None = None
    """Where requests and answers lie: an asynchronous endpoint's, and captured ones. Left out: there are none."""
    network: NetworkRef | None = None
    """Private network of its models, for flavours that can have one. Left out: SageMaker's own."""
    log_key: KeyRef | None = None
    """Encrypts the log. Left out: ``key`` does."""
    key: KeyRef | None = None
    """Encrypts the log and, where AWS takes a key for them, disks; reads the lake's models. Left out: AWS-managed
    encryption."""
    alerts: TopicRef | None = None
    """Topic that its alarms tell, and an asynchronous endpoint of its answers; whoever gives it grants the role to
    publish. Left out: the alarms are seen in the console only."""
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
    """Predictions under one name, whichever flavour answers."""

    Nodes = EndpointNodes
    reach = (
        *kit.REACH,
        *ecr.REACH,
        Reach(actions=(*MODELS, *DEPLOY, *INVOKE, *INVOKE_ASYNC)),
        # What scales an endpoint is taken away after the boundary has changed, and lets go of the endpoint then.
        Reach(actions=(*READ_ALARMS, "cloudwatch:DeleteAlarms"), on=("alarm:{stack}-*",)),
        Reach(actions=LET_GO, on=(TARGETS,)),
        kit.PASS_ROLE,
    )
    was = ("RealtimeEndpoint", "ServerlessEndpoint")
    people: ClassVar[Declared] = {
        "viewer": (
            Reach(actions=SEE),
            Reach(actions=(*kit.FIND_STREAMS, *kit.READ_STREAMS), on=("log-group:/aws/sagemaker/Endpoints/{stack}-*",)),
        ),
        "scientist": (Reach(actions=(*INVOKE, *INVOKE_ASYNC)),),
        "admin": (Reach(actions=(*MODELS, *DEPLOY)), TO_SAGEMAKER),
    }

    def __init__(
        self, place: Named, args: EndpointArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or EndpointArgs()
        args.flavour.check()
        self._asynchronous = self._check_lake(args)
        _check_capture(args)
        _check_startup(args)
        super().__init__(place, args.transforms, opts)
        self.endpoint_name = self.physical("aws:sagemaker/endpoint:Endpoint")
        network = args.flavour.network_of(args.network)
        role = self._create_role(args, network)
        group = self._create_log_group(args.log_key or args.key)
        errors = self._create_errors_alarm(args)
        latency = self._create_latency_alarm(args)
        if args.flavour.guarded:
            alarms = self.site.arn("cloudwatch", "alarm:")
            named = tuple(pulumi.Output.concat(alarms, alarm.name) for alarm in (errors, latency))
            role.grant(self.allow("alarms", READ_ALARMS, named))

        self.nodes = EndpointNodes(role=role, log_group=group, errors_alarm=errors, latency_alarm=latency)
        self.role = role
        self.ref = self._ref(args, network)
        self.register_outputs({"endpoint_name": self.endpoint_name, "role_arn": role.role_arn})

    def _ref(self, args: EndpointArgs, network: NetworkRef | None) -> EndpointRef:
        key = args.flavour.disk_key_of(args.key)
        return EndpointRef(
            name=self.endpoint_name,
            flavour=args.flavour.word,
            role_arn=self.role.role_arn,
            settings={
                "VariantName": VARIANT,
                "InitialVariantWeight": 1,
                **args.flavour.variant(self.site),
                **(args.startup.settings if args.startup else {}),
            },
            key_arn=key.arn if key else None,
            subnet_ids=network.subnet_ids if network else (),
            security_group_ids=(network.job_security_group_id,) if network else (),
            network_isolation=args.flavour.isolated,
            asynchronous=self._asynchronous,
            capture=args.capture.config(args.lake) if args.capture and args.lake else None,
            alarms=[alarm.name for alarm in (self.nodes.errors_alarm, self.nodes.latency_alarm)],
        )

    def _check_lake(self, args: EndpointArgs) -> dict[str, Any] | None:
        """AsyncInferenceConfig, for the flavour that has one."""
        if not isinstance(args.flavour, Asynchronous):
            return None
        if args.lake is None:
            raise BlueprintError(
                "An asynchronous endpoint needs a lake.",
                "Its requests and answers are objects, and no lake is given for them.",
                hint="give it the lake of the environment: EndpointArgs(lake=lake.ref).",
            )
        if args.flavour.topics and args.alerts is None:
            raise BlueprintError(
                "Nobody can be told.",
                f"The endpoint is to tell of {args.flavour.notify}, and no topic is given for that.",
                hint="give it the topic of the environment: EndpointArgs(alerts=alerts.ref).",
            )
        return args.flavour.config(args.lake, args.alerts)

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
        """Let a role ask for predictions; of an asynchronous endpoint, the lake grants the rest."""
        role.grant(self.allow("invoke", INVOKE_ASYNC if self._asynchronous else INVOKE, (self._arn(),)))

    def _arn(self) -> pulumi.Output[str]:
        return self.site.arn("sagemaker", f"endpoint/{self.endpoint_name}")

    def _create_role(self, args: EndpointArgs, network: NetworkRef | None) -> Role:
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
                *kit.encrypt(self.place, args.key),
            ],
            boundary=args.boundary,
        )

    def _create_log_group(self, key: KeyRef | None) -> LogGroup:
        """SageMaker's own name for it: made here first, so that it is encrypted and does not grow for ever."""
        return make_log_group(self, "log_group", key, name=f"/aws/sagemaker/Endpoints/{self.endpoint_name}")

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


def _check_startup(args: EndpointArgs) -> None:
    if args.startup is None:
        return
    args.startup.check()
    if isinstance(args.flavour, Serverless):
        detail = "SageMaker starts the containers of serverless endpoints as it does; this one has a `startup`."
        raise BlueprintError("This endpoint has no machines of its own.", detail, hint="give it flavour=Realtime().")


def _check_capture(args: EndpointArgs) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture.html"""
    if args.capture is None:
        return
    args.capture.check()
    if args.flavour.word != "realtime":
        detail = f"SageMaker captures what realtime endpoints are asked; this one is {args.flavour.word}."
        raise BlueprintError("This endpoint cannot capture.", detail, hint="give it flavour=Realtime(), or no capture.")
    if args.lake is None:
        raise BlueprintError(
            "Captured requests need a lake.",
            "Requests and answers become objects, and no lake is given for them.",
            hint="give it the lake of the environment: EndpointArgs(lake=lake.ref).",
        )
