"""A small world for components: Pulumi's own mocks, with ARNs as AWS would give."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import Mocks, set_mocks
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs
from pulumi.runtime.rpc import _special_sig_key

from mlops_iac.components._kit import Reach, Site
from mlops_iac.components._kit.base import Component
from mlops_iac.components.encryption import Encryption
from mlops_iac.components.identity import Boundary, BoundaryArgs, Role
from mlops_iac.components.monitoring.alerts import Alerts, AlertsArgs
from mlops_iac.components.network import Network, NetworkArgs

ACCOUNT, REGION = "123456789012", "eu-west-1"
PROFILES = ("sandbox", "standard", "regulated")

_ARNS = {
    "aws:athena/workgroup:Workgroup": "arn:aws:athena:{place}:workgroup/{name}",
    "aws:batch/jobQueue:JobQueue": "arn:aws:batch:{place}:job-queue/{name}",
    "aws:bedrock/guardrail:Guardrail": "arn:aws:bedrock:{place}:guardrail/{name}",
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{place}:log-group:{name}",
    "aws:dynamodb/table:Table": "arn:aws:dynamodb:{place}:table/{name}",
    "aws:ecr/repository:Repository": "arn:aws:ecr:{place}:repository/{name}",
    "aws:efs/accessPoint:AccessPoint": "arn:aws:elasticfilesystem:{place}:access-point/of-{fileSystemId}",
    "aws:efs/fileSystem:FileSystem": "arn:aws:elasticfilesystem:{place}:file-system/{creationToken}",
    "aws:emrserverless/application:Application": "arn:aws:emr-serverless:{place}:/applications/{name}",
    "aws:iam/policy:Policy": "arn:aws:iam::123456789012:policy/{name}",
    "aws:iam/role:Role": "arn:aws:iam::123456789012:role/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{place}:key/0000-1111",
    "aws:lambda/function:Function": "arn:aws:lambda:{place}:function:{name}",
    "aws:mwaa/environment:Environment": "arn:aws:airflow:{place}:environment/{name}",
    "aws:redshiftserverless/namespace:Namespace": "arn:aws:redshift-serverless:{place}:namespace/{namespaceName}",
    "aws:redshiftserverless/workgroup:Workgroup": "arn:aws:redshift-serverless:{place}:workgroup/{workgroupName}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{bucket}",
    "aws:s3/vectorsIndex:VectorsIndex": "arn:aws:s3vectors:{place}:bucket/{vectorBucketName}/index/{indexName}",
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket": "arn:aws:s3vectors:{place}:bucket/{vectorBucketName}",
    "aws:sagemaker/featureGroup:FeatureGroup": "arn:aws:sagemaker:{place}:feature-group/{featureGroupName}",
    "aws:sagemaker/mlflowApp:MlflowApp": "arn:aws:sagemaker:{place}:mlflow-app/{name}",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": (
        "arn:aws:sagemaker:{place}:model-package-group/{modelPackageGroupName}"
    ),
    "aws:sagemaker/pipeline:Pipeline": "arn:aws:sagemaker:{place}:pipeline/{pipelineName}",
    "aws:sfn/stateMachine:StateMachine": "arn:aws:states:{place}:stateMachine:{name}",
    "aws:sns/topic:Topic": "arn:aws:sns:{place}:{name}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{place}:{name}",
    "aws:ssm/parameter:Parameter": "arn:aws:ssm:{place}:parameter{name}",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """One registered resource."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str
    protect: bool
    urn: str
    dependencies: tuple[str, ...]

    def document(self, key: str) -> Any:
        """An input that is JSON."""
        return json.loads(self.inputs[key])


@dataclass
class World:
    """Everything that a program made."""

    resources: list[Made] = field(default_factory=list)

    def get(self, name: str, type: str = "aws:") -> Made:
        """The one resource of this name (components apart). Raises LookupError when there is none or more."""
        found = [made for made in self.resources if made.name == name and made.type.startswith(type)]
        if len(found) != 1:
            raise LookupError(f"{name}: {len(found)} of {sorted(made.name for made in self.resources)}")
        return found[0]

    def of(self, *types: str) -> list[Made]:
        return [made for made in self.resources if made.type in types]

    def names(self) -> set[str]:
        return {made.name for made in self.resources if made.type.startswith("aws:")}


class _Cloud(Mocks):
    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        state = dict(args.inputs)
        service = args.typ.split(":")[1].partition("/")[0]
        pattern = _ARNS.get(args.typ, f"arn:aws:{service}:{{place}}:{state.get('name') or args.name}")
        state["arn"] = pattern.format(place=f"{REGION}:{ACCOUNT}", **_plain(state))
        state.setdefault("keyId", "0000-1111")
        if ":guardrail/" in state["arn"]:
            state |= {"guardrailArn": state["arn"], "guardrailId": state["arn"].rpartition("/")[2]}
        if ":s3vectors:" in state["arn"]:
            state.setdefault("vectorBucketArn", state["arn"])
            state["indexArn"] = state["arn"]
        state.setdefault("prefixListId", f"pl-{args.name}")
        state.setdefault("repositoryUrl", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.name}")
        if service == "sqs":
            state["url"] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{args.name}"
        return f"{args.name}-id", state

    def call(self, args: Any) -> dict[str, Any]:
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getAvailabilityZones:getAvailabilityZones": {
                "names": [f"{REGION}{z}" for z in "abc"],
                "id": "z",
            },
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
        }
        return answers[args.token]


class _Monitor(MockMonitor):
    def __init__(self, world: World) -> None:
        super().__init__(_Cloud())
        self.world = world

    def RegisterResource(self, request: Any) -> Any:
        from pulumi.runtime import rpc

        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            made = Made(
                type=request.type,
                name=request.name,
                inputs=_plain(rpc.deserialize_properties(request.object)),
                parent=request.parent,
                protect=bool(request.protect),
                urn=response.urn,
                dependencies=tuple(request.dependencies),
            )
            self.world.resources.append(made)
        return response


def _plain(value: Any) -> Any:
    """Inputs without the envelopes of secrets, and files as what is in them."""
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        return _plain(vars(value))
    if isinstance(value, Mapping):
        if _special_sig_key in value:
            return _plain(value.get("value"))
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def site(profile: str = "standard", **more: Any) -> Site:
    settings: dict[str, Any] = {"team": "screening", "environment": "dev", "blueprint": "tabular-batch", **more}
    return Site(region=REGION, account_id=ACCOUNT, profile=profile, **settings)  # type: ignore[arg-type]


def run(program: Callable[[], object], *, preview: bool = False) -> World:
    """Run a Pulumi program against the mocks and wait for everything in it."""
    world = World()
    before, loop = asyncio.get_event_loop(), asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        set_mocks(_Cloud(), project="mlops-iac", stack="screening-dev", preview=preview, monitor=_Monitor(world))
        pulumi.runtime.test(lambda: (program(), None)[1])()
    finally:
        waiting = asyncio.all_tasks(loop)  # of a program that was refused half way
        for task in waiting:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        loop.close()
        asyncio.set_event_loop(before)
    return world


@dataclass(frozen=True)
class Neighbours:
    """What a component is wired to in a test: the ground of an environment."""

    site: Site
    encryption: Encryption
    boundary: Boundary
    network: Network
    alerts: Alerts

    @classmethod
    def make(cls, site: Site, *also: Reach) -> Neighbours:
        """``also``: what the boundary lets roles do besides what the components in use may allow."""
        encryption = Encryption(site.named("key"))
        boundary = Boundary(site.named("boundary"), BoundaryArgs(also=also))
        network = Network(site.named("net"), NetworkArgs(key=encryption.ref, boundary=boundary.ref))
        alerts = Alerts(site.named("tell"), AlertsArgs(key=encryption.ref))
        return cls(site, encryption, boundary, network, alerts)


def grants_of(component: Component) -> list[Callable[[Role], None]]:
    """Everything that a component, as an owner, can grant a role: its methods ``grant_…``."""
    return [getattr(component, name) for name in sorted(dir(type(component))) if name.startswith("grant_")]
