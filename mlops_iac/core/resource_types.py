"""What is known of each resource type, in two tables; `facts.py` says what a record is and finds it."""

from __future__ import annotations

from mlops_iac.core.facts import Facts, NameRule

MADE: dict[str, Facts] = {
    "aws:apigateway/account:Account": Facts(service="apigateway"),
    "aws:apigateway/apiKey:ApiKey": Facts(service="apigateway", name=NameRule(limit=1024), tags="tags"),
    "aws:apigateway/deployment:Deployment": Facts(service="apigateway"),
    "aws:apigateway/methodSettings:MethodSettings": Facts(service="apigateway"),
    "aws:apigateway/restApi:RestApi": Facts(
        service="apigateway", name=NameRule(limit=1024), tags="tags", loses="the address that applications know"
    ),
    "aws:apigateway/stage:Stage": Facts(service="apigateway", tags="tags"),
    "aws:apigateway/usagePlan:UsagePlan": Facts(service="apigateway", name=NameRule(limit=1024), tags="tags"),
    "aws:apigateway/usagePlanKey:UsagePlanKey": Facts(service="apigateway"),
    "aws:athena/workgroup:Workgroup": Facts(
        service="athena",
        key="kms_key_arn",
        name=NameRule(limit=128),
        tags="tags",
        loses="saved queries and their history",
    ),
    # A queue uses it, so that a new one is made, the queue is led to it, and then the old one is deleted.
    "aws:batch/computeEnvironment:ComputeEnvironment": Facts(
        service="batch", name=NameRule(limit=102, prop="name_prefix", tail="-"), tags="tags"
    ),
    "aws:batch/jobDefinition:JobDefinition": Facts(service="batch", name=NameRule(limit=128), tags="tags"),
    "aws:batch/jobQueue:JobQueue": Facts(service="batch", name=NameRule(limit=128), tags="tags"),
    "aws:bedrock/guardrail:Guardrail": Facts(
        service="bedrock", key="kms_key_arn", name=NameRule(limit=50), tags="tags"
    ),
    "aws:budgets/budget:Budget": Facts(service="budgets", name=NameRule(limit=100), tags="tags"),
    "aws:budgets/budgetAction:BudgetAction": Facts(service="budgets", tags="tags"),
    "aws:cfg/deliveryChannel:DeliveryChannel": Facts(service="config", key="s3_kms_key_arn", name=NameRule(limit=256)),
    "aws:cfg/recorder:Recorder": Facts(service="config", name=NameRule(limit=256)),
    "aws:cfg/recorderStatus:RecorderStatus": Facts(service="config"),
    "aws:cfg/rule:Rule": Facts(service="config", name=NameRule(limit=128), tags="tags"),
    "aws:cloudtrail/trail:Trail": Facts(
        service="cloudtrail", key="kms_key_id", name=NameRule(limit=128), tags="tags", loses="who did what from then on"
    ),
    "aws:cloudwatch/dashboard:Dashboard": Facts(service="cloudwatch", name=NameRule(limit=255, prop="dashboard_name")),
    "aws:cloudwatch/eventRule:EventRule": Facts(service="events", name=NameRule(limit=64), tags="tags"),
    "aws:cloudwatch/eventTarget:EventTarget": Facts(service="events"),
    "aws:cloudwatch/logGroup:LogGroup": Facts(
        service="logs",
        key="kms_key_id",
        name=NameRule(limit=512, prefix="/mlops-iac/"),
        tags="tags",
        loses="the logs in it",
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Facts(service="cloudwatch", name=NameRule(limit=255), tags="tags"),
    "aws:cognito/userPool:UserPool": Facts(
        service="cognito-idp", name=NameRule(limit=128), tags="tags", loses="the people in it"
    ),
    "aws:cognito/userPoolClient:UserPoolClient": Facts(service="cognito-idp", name=NameRule(limit=128)),
    "aws:dynamodb/table:Table": Facts(
        service="dynamodb", key="kms_key_arn", name=NameRule(limit=255), tags="tags", loses="the items in it"
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Facts(service="ec2", tags="tags"),
    "aws:ec2/flowLog:FlowLog": Facts(service="ec2", tags="tags"),
    "aws:ec2/internetGateway:InternetGateway": Facts(service="ec2", tags="tags"),
    "aws:ec2/launchTemplate:LaunchTemplate": Facts(service="ec2", name=NameRule(limit=128), tags="tags"),
    "aws:ec2/placementGroup:PlacementGroup": Facts(service="ec2", name=NameRule(limit=255), tags="tags"),
    "aws:ec2/routeTable:RouteTable": Facts(service="ec2", tags="tags"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Facts(service="ec2"),
    "aws:ec2/securityGroup:SecurityGroup": Facts(service="ec2", name=NameRule(limit=255), tags="tags"),
    "aws:ec2/subnet:Subnet": Facts(service="ec2", tags="tags"),
    "aws:ec2/vpc:Vpc": Facts(service="ec2", tags="tags"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Facts(service="ec2", tags="tags"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Facts(service="ecr"),
    "aws:ecr/repository:Repository": Facts(
        service="ecr", key="kms_key", name=NameRule(limit=256), tags="tags", loses="the images in it"
    ),
    "aws:efs/accessPoint:AccessPoint": Facts(service="efs", tags="tags"),
    "aws:efs/backupPolicy:BackupPolicy": Facts(service="efs"),
    "aws:efs/fileSystem:FileSystem": Facts(
        service="efs",
        key="kms_key_id",
        name=NameRule(limit=64, prop="creation_token"),
        tags="tags",
        loses="the files in it",
    ),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": Facts(service="efs"),
    "aws:efs/mountTarget:MountTarget": Facts(service="efs"),
    "aws:emrserverless/application:Application": Facts(service="emr-serverless", name=NameRule(limit=64), tags="tags"),
    "aws:glue/catalogDatabase:CatalogDatabase": Facts(
        service="glue",
        name=NameRule(limit=255, separator="_"),
        tags="tags",
        loses="table definitions that crawlers and jobs made in it",
    ),
    "aws:glue/catalogTable:CatalogTable": Facts(
        service="glue",
        name=NameRule(limit=255, separator="_"),
        loses="the partitions registered in it, and which files are an Iceberg table's rows",
    ),
    "aws:iam/instanceProfile:InstanceProfile": Facts(service="iam", name=NameRule(limit=128), tags="tags"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Facts(service="iam", tags="tags"),
    "aws:iam/policy:Policy": Facts(service="iam", name=NameRule(limit=128), tags="tags"),
    "aws:iam/role:Role": Facts(service="iam", name=NameRule(limit=64), tags="tags"),
    "aws:iam/rolePolicy:RolePolicy": Facts(service="iam", name=NameRule(limit=128)),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Facts(service="iam"),
    "aws:kms/alias:Alias": Facts(service="kms", name=NameRule(limit=256, prefix="alias/")),
    "aws:kms/key:Key": Facts(service="kms", tags="tags", loses="everything that was encrypted with it"),
    "aws:lambda/function:Function": Facts(service="lambda", name=NameRule(limit=64), tags="tags"),
    "aws:lambda/invocation:Invocation": Facts(service="lambda"),
    "aws:lambda/permission:Permission": Facts(service="lambda"),
    "aws:mwaa/environment:Environment": Facts(
        service="mwaa",
        key="kms_key",
        name=NameRule(limit=80),
        tags="tags",
        loses="Airflow's record of runs",
    ),
    "aws:redshiftserverless/namespace:Namespace": Facts(
        service="redshift-serverless",
        key="kms_key_id",
        name=NameRule(limit=64, prop="namespace_name"),
        tags="tags",
        loses="the tables in it",
    ),
    "aws:redshiftserverless/usageLimit:UsageLimit": Facts(service="redshift-serverless"),
    "aws:redshiftserverless/workgroup:Workgroup": Facts(
        service="redshift-serverless", name=NameRule(limit=64, prop="workgroup_name"), tags="tags"
    ),
    "aws:s3/bucket:Bucket": Facts(
        service="s3",
        name=NameRule(limit=63, prop="bucket", unique=True),
        tags="tags",
        loses="the objects in it and their versions",
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Facts(service="s3"),
    "aws:s3/bucketNotification:BucketNotification": Facts(service="s3"),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": Facts(service="s3"),
    "aws:s3/bucketObjectv2:BucketObjectv2": Facts(service="s3", tags="tags"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Facts(service="s3"),
    "aws:s3/bucketPolicy:BucketPolicy": Facts(service="s3"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Facts(service="s3"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Facts(
        service="s3", key="kms_master_key_id"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Facts(service="s3"),
    "aws:s3/vectorsIndex:VectorsIndex": Facts(
        service="s3vectors",
        key="kms_key_arn",
        name=NameRule(limit=63, prop="index_name"),
        tags="tags",
        loses="the vectors in it, which a run of the pipeline makes again",
    ),
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket": Facts(
        service="s3vectors",
        key="kms_key_arn",
        name=NameRule(limit=63, prop="vector_bucket_name"),
        tags="tags",
        loses="the indexes in it and their vectors",
    ),
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": Facts(service="s3vectors"),
    "aws:sagemaker/codeRepository:CodeRepository": Facts(
        service="sagemaker", name=NameRule(limit=63, prop="code_repository_name"), tags="tags"
    ),
    "aws:sagemaker/domain:Domain": Facts(
        service="sagemaker",
        key="kms_key_id",
        name=NameRule(limit=63, prop="domain_name"),
        tags="tags",
        loses="the home folders of its people, and what their spaces hold",
    ),
    "aws:sagemaker/endpoint:Endpoint": Facts(service="sagemaker", name=NameRule(limit=63)),
    "aws:sagemaker/featureGroup:FeatureGroup": Facts(
        service="sagemaker",
        key="kms_key_id",
        name=NameRule(limit=64, prop="feature_group_name"),
        tags="tags",
        loses="the records in its online store, and the table of its history",
    ),
    "aws:sagemaker/mlflowApp:MlflowApp": Facts(
        service="sagemaker",
        name=NameRule(limit=256),
        tags="tags",
        loses="the experiments, runs and metrics that were logged",
    ),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": Facts(
        service="sagemaker",
        name=NameRule(limit=63, prop="model_package_group_name"),
        tags="tags",
        loses="the registered model versions and their approvals",
    ),
    "aws:sagemaker/pipeline:Pipeline": Facts(
        service="sagemaker", name=NameRule(limit=256, prop="pipeline_name"), tags="tags"
    ),
    "aws:sagemaker/space:Space": Facts(
        service="sagemaker", tags="tags", loses="the notebooks and files on the space's disk"
    ),
    "aws:sagemaker/userProfile:UserProfile": Facts(
        service="sagemaker", tags="tags", loses="a person's home folder and settings in the domain"
    ),
    "aws:scheduler/schedule:Schedule": Facts(service="scheduler", key="kms_key_arn", name=NameRule(limit=64)),
    "aws:scheduler/scheduleGroup:ScheduleGroup": Facts(service="scheduler", name=NameRule(limit=64), tags="tags"),
    "aws:sfn/stateMachine:StateMachine": Facts(
        service="stepfunctions", key="kms_key_id", name=NameRule(limit=80), tags="tags"
    ),
    "aws:sns/topic:Topic": Facts(service="sns", key="kms_master_key_id", name=NameRule(limit=256), tags="tags"),
    "aws:sns/topicPolicy:TopicPolicy": Facts(service="sns"),
    "aws:sns/topicSubscription:TopicSubscription": Facts(service="sns"),
    "aws:sqs/queue:Queue": Facts(
        service="sqs",
        key="kms_master_key_id",
        name=NameRule(limit=80),
        tags="tags",
        loses="the messages in it",
    ),
    "aws:ssm/parameter:Parameter": Facts(service="ssm", name=NameRule(limit=1011, prefix="/mlops-iac/"), tags="tags"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Facts(service="ec2", tags="tags"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Facts(service="ec2", tags="tags"),
}
"""Types that components make: Pulumi's type token to its facts, sorted."""

HELD: dict[str, Facts] = {
    "aws:ebs/volume:Volume": Facts(service="ec2", loses="the data on it"),
    "aws:efs/fileSystem:FileSystem": Facts(service="efs", loses="the files on it"),
    "aws:elasticache/replicationGroup:ReplicationGroup": Facts(service="elasticache", loses="the data in it"),
    "aws:opensearch/domain:Domain": Facts(service="opensearch", loses="the indexes in it"),
    "aws:rds/cluster:Cluster": Facts(service="rds", loses="the data in it"),
    "aws:rds/instance:Instance": Facts(service="rds", loses="the data in it"),
    "aws:redshift/cluster:Cluster": Facts(service="redshift", loses="the data in it"),
    "aws:s3/bucketV2:BucketV2": Facts(service="s3", loses="the objects in it and their versions"),
    "aws:secretsmanager/secret:Secret": Facts(
        service="secretsmanager", loses="the values that were put there by hand or by rotation"
    ),
}
"""Types that only a person's own program makes: here for what their deletion would lose. Sorted."""
