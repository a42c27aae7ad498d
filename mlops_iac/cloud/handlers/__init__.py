"""Every resource type that the embedded cloud offers. Adding one is a file in a service's folder and a line in the
table.

The table is names, not classes: a handler is imported when the first resource of its type is met, so that a
command that deploys nothing pays for none of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlops_iac.cloud.handlers._base import Resource

HANDLERS: Final[Mapping[str, str]] = {
    "aws:apigateway/account:Account": "apigateway.account",
    "aws:apigateway/apiKey:ApiKey": "apigateway.api_key",
    "aws:apigateway/deployment:Deployment": "apigateway.deployment",
    "aws:apigateway/methodSettings:MethodSettings": "apigateway.method_settings",
    "aws:apigateway/restApi:RestApi": "apigateway.rest_api",
    "aws:apigateway/stage:Stage": "apigateway.stage",
    "aws:apigateway/usagePlan:UsagePlan": "apigateway.usage_plan",
    "aws:apigateway/usagePlanKey:UsagePlanKey": "apigateway.usage_plan_key",
    "aws:appautoscaling/policy:Policy": "appautoscaling.policy",
    "aws:appautoscaling/target:Target": "appautoscaling.target",
    "aws:athena/workgroup:Workgroup": "athena.workgroup",
    "aws:batch/computeEnvironment:ComputeEnvironment": "batch.compute_environment",
    "aws:batch/jobDefinition:JobDefinition": "batch.job_definition",
    "aws:batch/jobQueue:JobQueue": "batch.job_queue",
    "aws:bedrock/guardrail:Guardrail": "bedrock.guardrail",
    "aws:budgets/budget:Budget": "budgets.budget",
    "aws:budgets/budgetAction:BudgetAction": "budgets.budget_action",
    "aws:cfg/deliveryChannel:DeliveryChannel": "config.delivery_channel",
    "aws:cfg/recorder:Recorder": "config.recorder",
    "aws:cfg/recorderStatus:RecorderStatus": "config.recorder_status",
    "aws:cfg/rule:Rule": "config.rule",
    "aws:cloudtrail/trail:Trail": "cloudtrail.trail",
    "aws:cloudwatch/dashboard:Dashboard": "cloudwatch.dashboard",
    "aws:cloudwatch/eventRule:EventRule": "events.rule",
    "aws:cloudwatch/eventTarget:EventTarget": "events.target",
    "aws:cloudwatch/logGroup:LogGroup": "logs.log_group",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch.metric_alarm",
    "aws:cognito/userPool:UserPool": "cognito.user_pool",
    "aws:cognito/userPoolClient:UserPoolClient": "cognito.user_pool_client",
    "aws:dynamodb/table:Table": "dynamodb.table",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "ec2.default_security_group",
    "aws:ec2/flowLog:FlowLog": "ec2.flow_log",
    "aws:ec2/internetGateway:InternetGateway": "ec2.internet_gateway",
    "aws:ec2/launchTemplate:LaunchTemplate": "ec2.launch_template",
    "aws:ec2/placementGroup:PlacementGroup": "ec2.placement_group",
    "aws:ec2/routeTable:RouteTable": "ec2.route_table",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "ec2.route_table_association",
    "aws:ec2/securityGroup:SecurityGroup": "ec2.security_group",
    "aws:ec2/subnet:Subnet": "ec2.subnet",
    "aws:ec2/vpc:Vpc": "ec2.vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "ec2.vpc_endpoint",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "ecr.lifecycle_policy",
    "aws:ecr/repository:Repository": "ecr.repository",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "ecr.repository_policy",
    "aws:efs/accessPoint:AccessPoint": "efs.access_point",
    "aws:efs/backupPolicy:BackupPolicy": "efs.backup_policy",
    "aws:efs/fileSystem:FileSystem": "efs.file_system",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "efs.file_system_policy",
    "aws:efs/mountTarget:MountTarget": "efs.mount_target",
    "aws:emrserverless/application:Application": "emrserverless.application",
    "aws:glue/catalogDatabase:CatalogDatabase": "glue.catalog_database",
    "aws:glue/catalogTable:CatalogTable": "glue.catalog_table",
    "aws:iam/instanceProfile:InstanceProfile": "iam.instance_profile",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "iam.open_id_connect_provider",
    "aws:iam/policy:Policy": "iam.policy",
    "aws:iam/role:Role": "iam.role",
    "aws:iam/rolePolicy:RolePolicy": "iam.role_policy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "iam.role_policy_attachment",
    "aws:kms/alias:Alias": "kms.alias",
    "aws:kms/key:Key": "kms.key",
    "aws:lambda/function:Function": "awslambda.function",
    "aws:lambda/invocation:Invocation": "awslambda.invocation",
    "aws:lambda/permission:Permission": "awslambda.permission",
    "aws:mwaa/environment:Environment": "mwaa.environment",
    "aws:redshiftserverless/namespace:Namespace": "redshiftserverless.namespace",
    "aws:redshiftserverless/usageLimit:UsageLimit": "redshiftserverless.usage_limit",
    "aws:redshiftserverless/workgroup:Workgroup": "redshiftserverless.workgroup",
    "aws:s3/bucket:Bucket": "s3.bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "s3.lifecycle",
    "aws:s3/bucketLogging:BucketLogging": "s3.logging",
    "aws:s3/bucketNotification:BucketNotification": "s3.notification",
    "aws:s3/bucketObject:BucketObject": "s3.object",
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "s3.object_lock",
    "aws:s3/bucketObjectv2:BucketObjectv2": "s3.object_v2",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "s3.ownership_controls",
    "aws:s3/bucketPolicy:BucketPolicy": "s3.policy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "s3.public_access_block",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "s3.encryption",
    "aws:s3/bucketV2:BucketV2": "s3.bucket_v2",
    "aws:s3/bucketVersioning:BucketVersioning": "s3.versioning",
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": "s3.website",
    "aws:s3/bucketWebsiteConfigurationV2:BucketWebsiteConfigurationV2": "s3.website_v2",
    "aws:s3/vectorsIndex:VectorsIndex": "s3vectors.index",
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket": "s3vectors.vector_bucket",
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": "s3vectors.policy",
    "aws:sagemaker/codeRepository:CodeRepository": "sagemaker.code_repository",
    "aws:sagemaker/domain:Domain": "sagemaker.domain",
    "aws:sagemaker/featureGroup:FeatureGroup": "sagemaker.feature_group",
    "aws:sagemaker/mlflowApp:MlflowApp": "sagemaker.mlflow_app",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "sagemaker.model_package_group",
    "aws:sagemaker/pipeline:Pipeline": "sagemaker.pipeline",
    "aws:sagemaker/space:Space": "sagemaker.space",
    "aws:sagemaker/userProfile:UserProfile": "sagemaker.user_profile",
    "aws:scheduler/schedule:Schedule": "scheduler.schedule",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "scheduler.schedule_group",
    "aws:secretsmanager/secret:Secret": "secretsmanager.secret",
    "aws:secretsmanager/secretVersion:SecretVersion": "secretsmanager.secret_version",
    "aws:sfn/stateMachine:StateMachine": "sfn.state_machine",
    "aws:sns/topic:Topic": "sns.topic",
    "aws:sns/topicPolicy:TopicPolicy": "sns.topic_policy",
    "aws:sns/topicSubscription:TopicSubscription": "sns.topic_subscription",
    "aws:sqs/queue:Queue": "sqs.queue",
    "aws:ssm/parameter:Parameter": "ssm.parameter",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "ec2.security_group_egress_rule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "ec2.security_group_ingress_rule",
}
"""Pulumi's type token to the module of its handler; the class in it is the last part of the token. Sorted."""


def handler_class(type: str) -> type[Resource] | None:
    """The handler of a type, or None."""
    module = HANDLERS.get(type)
    if module is None:
        return None
    found = importlib.import_module(f"{__name__}.{module}")
    return getattr(found, type.rsplit(":", 1)[-1])
