"""Runs a program against Pulumi's own mocks and tells what it would have made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

ACCOUNT, REGION = "123456789012", "eu-central-1"

_ARNS = {
    "aws:athena/workgroup:Workgroup": "arn:aws:athena:{region}:{account}:workgroup/{name}",
    "aws:batch/jobQueue:JobQueue": "arn:aws:batch:{region}:{account}:job-queue/{name}",
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:dynamodb/table:Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "aws:ecr/repository:Repository": "arn:aws:ecr:{region}:{account}:repository/{name}",
    "aws:efs/accessPoint:AccessPoint": "arn:aws:elasticfilesystem:{region}:{account}:access-point/{name}",
    "aws:efs/fileSystem:FileSystem": "arn:aws:elasticfilesystem:{region}:{account}:file-system/{name}",
    "aws:emrserverless/application:Application": "arn:aws:emr-serverless:{region}:{account}:/applications/{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:iam/policy:Policy": "arn:aws:iam::{account}:policy/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{region}:{account}:key/00000000-0000-0000-0000-000000000000",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:redshiftserverless/workgroup:Workgroup": "arn:aws:redshift-serverless:{region}:{account}:workgroup/{name}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:s3/vectorsIndex:VectorsIndex": "arn:aws:s3vectors:{region}:{account}:bucket/{name}/index/{name}",
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket": "arn:aws:s3vectors:{region}:{account}:bucket/{name}",
    "aws:sagemaker/mlflowApp:MlflowApp": "arn:aws:sagemaker:{region}:{account}:mlflow-app/{name}",
    "aws:sagemaker/pipeline:Pipeline": "arn:aws:sagemaker:{region}:{account}:pipeline/{name}",
    "aws:sfn/stateMachine:StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "arn:aws:sagemaker:{region}:{account}:model-package-group/"
    "{name}",
}
_NAMES = (
    "name",
    "bucket",
    "modelPackageGroupName",
    "pipelineName",
    "dashboardName",
    "indexName",
    "vectorBucketName",
    "workgroupName",
)


@dataclass
class Made(pulumi.runtime.Mocks):
    """Every resource by logical name; components and their children included."""

    resources: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    exports: dict[str, Any] = field(default_factory=dict)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources[(args.typ, args.name)] = args.inputs
        outputs = dict(args.inputs)
        name = next((outputs[key] for key in _NAMES if key in outputs), args.name)
        arn = _ARNS.get(args.typ, "arn:aws:mock:{region}:{account}:{name}")
        outputs["arn"] = arn.format(region=REGION, account=ACCOUNT, name=name)
        if "/vectors" in args.typ:
            outputs |= dict.fromkeys(("indexArn", "vectorBucketArn"), outputs["arn"])
        outputs.setdefault("name", name)
        if args.typ == "aws:sqs/queue:Queue":
            outputs["url"] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
        prefix = {"aws:ec2/subnet:Subnet": "subnet", "aws:ec2/securityGroup:SecurityGroup": "sg"}.get(args.typ)
        return (f"{prefix}-0123456789abcdef0" if prefix else f"{args.name}-id"), outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": [f"{REGION}a", f"{REGION}b"]},
        }[args.token]

    def get(self, name: str, kind: str) -> Mapping[str, Any]:
        """Inputs of the one resource of this logical name whose type ends so."""
        matching = ((typ, logical) for typ, logical in self.resources if logical == name and typ.endswith(kind))
        (found,) = (self.resources[key] for key in matching)
        return found

    def tree(self) -> list[str]:
        """``type name`` of every resource, sorted."""
        return sorted(f"{typ} {name}" for typ, name in self.resources)


def run_program(program: Callable[[], None]) -> Made:
    """Run to the end, every resource registered and every output resolved. Raises what the program raises."""
    made = Made()
    pulumi.runtime.set_mocks(made, project="mlops-iac", stack="screening-dev", preview=False)
    exported: dict[str, Any] = {}

    def go() -> pulumi.Output[Any]:
        original = pulumi.export
        pulumi.export = exported.__setitem__  # type: ignore[assignment]
        try:
            program()
        finally:
            pulumi.export = original
        return pulumi.Output.all(**exported).apply(made.exports.update)

    pulumi.runtime.test(go)()
    return made
