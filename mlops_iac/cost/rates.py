"""What each type of resource costs a month. A type that is in neither table has no price that is known here.

What is billed by use is counted once for an environment, however many log groups or buckets it has: how much is
written and stored is assumed for all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.config.usage import Usage
from mlops_iac.core.prices import DAYS, HOURS, NOTHING, Money, hourly, item


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


def _budget_action(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    price = place.price("budget-action", DAYS)
    yield Cost(what="a budget that acts; an account's first two are free", idle=Money(0, 0, price.high))


def _dashboard(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    price = place.price("dashboard")
    yield Cost(what="a dashboard; an account's first three are free", idle=Money(0, price.usual, price.high))


def _key(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    price = place.price("key")
    if not inputs.get("enableKeyRotation"):
        yield Cost(what="a key", idle=price)
        return
    yield Cost(
        what="a key; its first two yearly rotations cost as much again each",
        idle=Money(price.low, price.usual, price.high * 3),
    )


def _vpc_endpoint(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    if inputs.get("vpcEndpointType") == "Interface":
        zones = len(inputs.get("subnetIds") or ()) or 1
        service = ".".join(str(inputs.get("serviceName", "")).split(".")[3:])  # com.amazonaws.REGION.
        yield Cost(
            what=f"a private way to {service or 'a service'}, in {zones} zone{'s' if zones > 1 else ''}",
            idle=place.price("interface-endpoint", zones * HOURS),
        )


def _nat(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    yield Cost(what="a NAT gateway", idle=place.price("nat", HOURS))


def _api(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    count = place.usage.requests
    yield Cost(what=f"an API: {count:,} requests", used=place.price("api-requests", count / 1_000_000))


def _logs(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.logs_gb
    yield Cost(what=f"logs: {amount:g} GB written", used=place.price("logs", amount), shared=True)


def _bucket(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.stored_gb
    yield Cost(what=f"objects: {amount:g} GB kept", used=place.price("s3", amount), shared=True)


SOME_VECTORS_GB: Final = 1.0
"""About 100,000 vectors of 1,024 numbers, with their texts, in two versions."""


def _vectors(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    yield Cost(what=f"vectors: {SOME_VECTORS_GB:g} GB kept", idle=place.price("s3-vectors", SOME_VECTORS_GB))


def _workgroup(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.queried_gb
    yield Cost(what=f"queries: {amount:g} GB read", used=place.price("athena", amount / 1000), shared=True)


def _warehouse(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    rpus, hours = int(inputs.get("baseCapacity") or 128), place.usage.warehouse_hours
    yield Cost(what=f"a warehouse of {rpus} RPUs, busy {hours:g} hours", used=place.price("rpu-hour", rpus * hours))


def _tables(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.warehouse_gb
    yield Cost(what=f"tables of a warehouse: {amount:g} GB kept", idle=place.price("redshift-storage", amount))
    if inputs.get("manageAdminPassword"):
        yield Cost(what="the secret of a warehouse's administrator", idle=place.price("secret"))


SPARK_GB: Final = 4
"""Memory of a worker for each of its vCPUs, as most workers of Spark have it."""


def _spark(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    arm, hours = "-arm" if inputs.get("architecture") == "ARM64" else "", place.usage.spark_hours
    used = place.price(f"spark-vcpu{arm}", hours) + place.price(f"spark-gb{arm}", hours * SPARK_GB)
    yield Cost(what=f"Spark: {hours:g} hours of a vCPU with {SPARK_GB} GB", used=used)


def _state_machine(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    states = str(inputs.get("definition") or "").count('"Type"') or SOME_STATES
    count = place.usage.runs * states
    yield Cost(what=f"about {count:,} state transitions", used=place.price("transition", count / 1000))


def _secret(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    yield Cost(what="a secret", idle=place.price("secret"))


SOME_EVENTS: Final = 100_000
"""A month's reads and writes of a lake, of which each job makes some thousands."""


def _trail(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    """Management events are free once an account."""
    used = place.price("data-events", SOME_EVENTS / 100_000)
    yield Cost(what=f"a trail: {SOME_EVENTS:,} reads and writes of the lake", used=used)


SOME_CHANGES: Final = 10
"""Of what a recorder records, by a run: a model, an endpoint configuration, their tags, and by a deployment more."""


def _recorder(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    count = place.usage.runs * SOME_CHANGES
    used = place.price("configuration-item", count)
    yield Cost(what=f"AWS Config: {count:,} changes of resources recorded", used=used, shared=True)


SOME_JUDGED: Final = 5
"""Resources that a rule has something to say about."""


def _rule(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    """A periodic rule looks each day; one with a scope when something in it has changed."""
    days = place.usage.runs if inputs.get("scope") else DAYS
    used = place.price("rule-evaluation", days * SOME_JUDGED)
    yield Cost(what="a rule of AWS Config", used=used)


KB_A_GB: Final = 1_000_000


def _feature_group(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    """A history is objects of the lake. Each request of an endpoint is taken to ask for features once."""
    if not (inputs.get("onlineStoreConfig") or {}).get("enableOnlineStore"):
        return
    writes, reads = place.usage.feature_writes, place.usage.requests
    used = (
        place.price("feature-write", writes / 1_000_000)
        + place.price("feature-read", reads / 1_000_000)
        + place.price("feature-storage", writes / KB_A_GB)
    )
    yield Cost(what=f"features online: {writes:,} rows put, {reads:,} asked for", used=used, shared=True)


AIRFLOW_SIZES: Final = ("small", "medium", "large")
"""Of Airflow environments, those whose price is in the table."""


def _airflow(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    size = str(inputs.get("environmentClass", "mw1.small"))
    kind = size.removeprefix("mw1.")
    priced = kind if kind in AIRFLOW_SIZES else AIRFLOW_SIZES[0 if kind == "micro" else -1]
    note = "" if kind == priced else f", by the price of mw1.{priced}: it costs {'less' if kind == 'micro' else 'more'}"
    price = place.price(f"mwaa-{priced}", HOURS)
    idle = Money(0, price.usual, price.high) if kind == "micro" else price
    yield Cost(what=f"an Airflow environment of {size}{note}", idle=idle)


def _studio(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.homes_gb
    yield Cost(what=f"home folders: {amount:g} GB kept", used=place.price("efs", amount), shared=True)


def _files(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    amount = place.usage.files_gb
    yield Cost(what=f"shared files: {amount:g} GB kept", used=place.price("efs", amount), shared=True)


def _profile(inputs: Mapping[str, Any], place: Place) -> Iterator[Cost]:
    """A machine of the usual type, and a space's disk, for each person."""
    hours, price = place.usage.notebook_hours, hourly(NOTEBOOK, place.region)
    assert price is not None
    yield Cost(what=f"a person's notebooks: {hours:g} hours of {NOTEBOOK}", used=price * hours)
    yield Cost(what=f"the disk of a person's space: {SPACE_GB} GB", used=place.price("studio-disk", SPACE_GB))


NOTEBOOK: Final = "ml.t3.medium"
"""What a person's notebooks run on, where nobody asks for more."""
SPACE_GB: Final = 5
"""A space's disk, where nobody asks for more."""

RATES: Final[Mapping[str, Rate]] = {
    "aws:apigateway/restApi:RestApi": _api,
    "aws:athena/workgroup:Workgroup": _workgroup,
    "aws:budgets/budgetAction:BudgetAction": _budget_action,
    "aws:cfg/recorder:Recorder": _recorder,
    "aws:cfg/rule:Rule": _rule,
    "aws:cloudtrail/trail:Trail": _trail,
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
    "aws:cloudwatch/logGroup:LogGroup": _logs,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ec2/natGateway:NatGateway": _nat,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _vpc_endpoint,
    "aws:emrserverless/application:Application": _spark,
    "aws:efs/fileSystem:FileSystem": _files,
    "aws:kms/key:Key": _key,
    "aws:mwaa/environment:Environment": _airflow,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketV2:BucketV2": _bucket,
    "aws:redshiftserverless/namespace:Namespace": _tables,
    "aws:redshiftserverless/workgroup:Workgroup": _warehouse,
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket": _vectors,
    "aws:sagemaker/domain:Domain": _studio,
    "aws:sagemaker/userProfile:UserProfile": _profile,
    "aws:sagemaker/featureGroup:FeatureGroup": _feature_group,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:sfn/stateMachine:StateMachine": _state_machine,
}

FREE: Final[Mapping[str, str]] = {
    "aws:apigateway/account:Account": "a setting",
    "aws:apigateway/apiKey:ApiKey": "a word",
    "aws:apigateway/deployment:Deployment": "a copy of the API's definition",
    "aws:apigateway/methodSettings:MethodSettings": "a setting",
    "aws:apigateway/stage:Stage": "without a cache; requests are billed",
    "aws:apigateway/usagePlan:UsagePlan": "a rule",
    "aws:apigateway/usagePlanKey:UsagePlanKey": "a rule",
    "aws:cognito/userPool:UserPool": "the first 10,000 people of a month are free",
    "aws:cognito/userPoolClient:UserPoolClient": "a setting",
    "aws:batch/computeEnvironment:ComputeEnvironment": "it shrinks to no machines",
    "aws:batch/jobDefinition:JobDefinition": "Batch is free; machines are billed",
    "aws:batch/jobQueue:JobQueue": "Batch is free; machines are billed",
    "aws:bedrock/guardrail:Guardrail": "words and patterns are free to apply",
    "aws:budgets/budget:Budget": "budgets without actions are free",
    "aws:cfg/deliveryChannel:DeliveryChannel": "a setting; what is delivered is objects",
    "aws:cfg/recorderStatus:RecorderStatus": "a setting",
    "aws:cloudwatch/eventRule:EventRule": "AWS's own events are free",
    "aws:cloudwatch/eventTarget:EventTarget": "AWS's own events are free",
    "aws:dynamodb/table:Table": "billed by reads and writes, of which an environment makes few",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "a rule",
    "aws:ec2/flowLog:FlowLog": "what it writes is in the logs",
    "aws:ec2/internetGateway:InternetGateway": "it is free; addresses of machines are billed while they run",
    "aws:ec2/launchTemplate:LaunchTemplate": "a description",
    "aws:ec2/placementGroup:PlacementGroup": "where machines stand",
    "aws:ec2/routeTable:RouteTable": "a rule",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "a rule",
    "aws:ec2/securityGroup:SecurityGroup": "a rule",
    "aws:ec2/subnet:Subnet": "subnets are free",
    "aws:ec2/vpc:Vpc": "networks are free",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "a rule",
    "aws:ecr/repository:Repository": "empty; 0.10 $ a month for each GB of images",
    "aws:glue/catalogDatabase:CatalogDatabase": "the first million objects are free",
    "aws:glue/catalogTable:CatalogTable": "the first million objects are free",
    "aws:efs/accessPoint:AccessPoint": "a way in",
    "aws:efs/backupPolicy:BackupPolicy": "a setting; copies cost 0.05 $ a GB",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "a document",
    "aws:efs/mountTarget:MountTarget": "free; what is kept is billed",
    "aws:iam/instanceProfile:InstanceProfile": "IAM is free",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "IAM is free",
    "aws:iam/policy:Policy": "IAM is free",
    "aws:iam/role:Role": "IAM is free",
    "aws:iam/rolePolicy:RolePolicy": "IAM is free",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "IAM is free",
    "aws:kms/alias:Alias": "a name",
    "aws:lambda/function:Function": "billed by calls, of which an environment makes few",
    "aws:lambda/invocation:Invocation": "a call, when it changes",
    "aws:lambda/permission:Permission": "a rule",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "a rule",
    "aws:s3/bucketNotification:BucketNotification": "a rule",
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "a rule; what it keeps is objects",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "a rule",
    "aws:s3/bucketPolicy:BucketPolicy": "a rule",
    "aws:s3/bucketObjectv2:BucketObjectv2": "a file of some kilobytes",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "a rule",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "a rule",
    "aws:s3/bucketVersioning:BucketVersioning": "a rule",
    "aws:redshiftserverless/usageLimit:UsageLimit": "a limit",
    "aws:s3/vectorsIndex:VectorsIndex": "what lies in it is the bucket's",
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": "a rule",
    "aws:sagemaker/codeRepository:CodeRepository": "an address",
    "aws:sagemaker/mlflowApp:MlflowApp": "the app is free; its artifacts are objects of the lake",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "the registry is free",
    "aws:sagemaker/pipeline:Pipeline": "pipelines are free; their jobs are billed",
    "aws:sagemaker/space:Space": "people's machines and disks are counted with the people",
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
