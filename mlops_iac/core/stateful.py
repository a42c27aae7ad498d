"""The resource types whose deletion loses something that no `up` makes again."""

from __future__ import annotations

LOSES: dict[str, str] = {
    "aws:athena/workgroup:Workgroup": "saved queries and their history",
    "aws:cloudwatch/logGroup:LogGroup": "the logs in it",
    "aws:dynamodb/table:Table": "the items in it",
    "aws:ebs/volume:Volume": "the data on it",
    "aws:ecr/repository:Repository": "the images in it",
    "aws:efs/fileSystem:FileSystem": "the files on it",
    "aws:elasticache/replicationGroup:ReplicationGroup": "the data in it",
    "aws:glue/catalogDatabase:CatalogDatabase": "table definitions that crawlers and jobs made in it",
    "aws:glue/catalogTable:CatalogTable": "the partitions registered in it",
    "aws:kms/key:Key": "everything that was encrypted with it",
    "aws:opensearch/domain:Domain": "the indexes in it",
    "aws:rds/cluster:Cluster": "the data in it",
    "aws:rds/instance:Instance": "the data in it",
    "aws:redshift/cluster:Cluster": "the data in it",
    "aws:s3/bucket:Bucket": "the objects in it and their versions",
    "aws:s3/bucketV2:BucketV2": "the objects in it and their versions",
    "aws:sagemaker/featureGroup:FeatureGroup": "the features in its online store",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "the registered model versions and their approvals",
    "aws:secretsmanager/secret:Secret": "the values that were put there by hand or by rotation",
    "aws:sqs/queue:Queue": "the messages in it",
}
"""Type to what is lost. Roles, policies, alarms and rules are not here: they hold nothing, and what uses them is wired
anew by the same update."""
