"""What each type of resource costs a month. A type that is in neither table has no price that is known here.

What is billed by use is counted once for an environment, however many log groups or buckets it has: how much is
written and stored is assumed for all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.config.usage import Usage
from mlops_iac.core.prices import HOURS, NOTHING, Money, item


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where, and how much it is used."""

    region: str
    usage: Usage

    def price(self, name: str, units: float = 1) -> Money:
        return item(name, self.region) * units


@dataclass(frozen=True, kw_only=True)
class Cost:
    what: str
    idle: Money = NOTHING
    used: Money = NOTHING
    shared: bool = False
    """Billed by a use that is assumed for the whole environment: counted once."""


SOME_STATES: Final = 20
"""Of a pipeline whose document is not known before it is deployed."""

Rate = Callable[[Mapping[str, Any], Place], Iterator[Cost]]


def _alarm(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    yield Cost(what="an alarm", idle=place.price("alarm"))


def _dashboard(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    price = place.price("dashboard")
    yield Cost(what="a dashboard; an account's first three are free", idle=Money(0, price.usual, price.high))


def _key(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    price = place.price("key")
    yield Cost(
        what="a key; its first two yearly rotations cost as much again each",
        idle=Money(price.low, price.usual, price.high * 3),
    )


def _vpc_endpoint(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    if inputs.get("vpcEndpointType") == "Interface":
        zones = len(inputs.get("subnetIds") or ()) or 1
        service = ".".join(str(inputs.get("serviceName", "")).split(".")[3:])  # com.amazonaws.REGION.
        yield Cost(
            what=f"a private way to {service or 'a service'}, in {zones} zones",
            idle=place.price("interface-endpoint", zones * HOURS),
        )


def _nat(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    yield Cost(what="a NAT gateway", idle=place.price("nat", HOURS))


def _logs(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.logs_gb
    yield Cost(what=f"logs: {amount:g} GB written", used=place.price("logs", amount), shared=True)


def _bucket(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.stored_gb
    yield Cost(what=f"objects: {amount:g} GB kept", used=place.price("s3", amount), shared=True)


def _workgroup(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.queried_gb
    yield Cost(what=f"queries: {amount:g} GB read", used=place.price("athena", amount / 1000), shared=True)


def _state_machine(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    states = str(inputs.get("definition", "")).count('"Type"') or SOME_STATES
    count = place.usage.runs * states
    yield Cost(what=f"about {count:,} state transitions", used=place.price("transition", count / 1000))


def _secret(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    yield Cost(what="a secret", idle=place.price("secret"))


RATES: Final[Mapping[str, Rate]] = {
    "aws:athena/workgroup:Workgroup": _workgroup,
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
    "aws:cloudwatch/logGroup:LogGroup": _logs,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ec2/natGateway:NatGateway": _nat,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _vpc_endpoint,
    "aws:kms/key:Key": _key,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketV2:BucketV2": _bucket,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:sfn/stateMachine:StateMachine": _state_machine,
}

FREE: Final[Mapping[str, str]] = {
    "aws:batch/computeEnvironment:ComputeEnvironment": "it shrinks to no machines",
    "aws:batch/jobDefinition:JobDefinition": "Batch is free; machines are billed",
    "aws:batch/jobQueue:JobQueue": "Batch is free; machines are billed",
    "aws:budgets/budget:Budget": "budgets without actions are free",
    "aws:cloudwatch/eventRule:EventRule": "AWS's own events are free",
    "aws:cloudwatch/eventTarget:EventTarget": "AWS's own events are free",
    "aws:dynamodb/table:Table": "billed by reads and writes, of which an environment makes few",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "a rule",
    "aws:ec2/flowLog:FlowLog": "what it writes is in the logs",
    "aws:ec2/launchTemplate:LaunchTemplate": "a description",
    "aws:ec2/routeTable:RouteTable": "a rule",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "a rule",
    "aws:ec2/securityGroup:SecurityGroup": "a rule",
    "aws:ec2/subnet:Subnet": "subnets are free",
    "aws:ec2/vpc:Vpc": "networks are free",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "a rule",
    "aws:ecr/repository:Repository": "empty; 0.10 $ a month for each GB of images",
    "aws:glue/catalogDatabase:CatalogDatabase": "the first million objects are free",
    "aws:glue/catalogTable:CatalogTable": "the first million objects are free",
    "aws:iam/instanceProfile:InstanceProfile": "IAM is free",
    "aws:iam/policy:Policy": "IAM is free",
    "aws:iam/role:Role": "IAM is free",
    "aws:iam/rolePolicy:RolePolicy": "IAM is free",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "IAM is free",
    "aws:kms/alias:Alias": "a name",
    "aws:lambda/function:Function": "billed by calls, of which an environment makes few",
    "aws:lambda/permission:Permission": "a rule",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "a rule",
    "aws:s3/bucketNotification:BucketNotification": "a rule",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "a rule",
    "aws:s3/bucketPolicy:BucketPolicy": "a rule",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "a rule",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "a rule",
    "aws:s3/bucketVersioning:BucketVersioning": "a rule",
    "aws:sagemaker/mlflowApp:MlflowApp": "the app is free; its artifacts are objects of the lake",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "the registry is free",
    "aws:sagemaker/pipeline:Pipeline": "pipelines are free; their jobs are billed",
    "aws:scheduler/schedule:Schedule": "the first 14 million calls of a month are free",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "a name",
    "aws:sns/topic:Topic": "the first thousand e-mails of a month are free",
    "aws:sns/topicPolicy:TopicPolicy": "a rule",
    "aws:sns/topicSubscription:TopicSubscription": "the first thousand e-mails of a month are free",
    "aws:sqs/queue:Queue": "the first million requests of a month are free",
    "aws:ssm/parameter:Parameter": "standard parameters are free",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "a rule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "a rule",
}
"""What costs nothing by being there, and why."""
