"""Operations whose success says that something was done: a job ran, a message went out, an answer was computed.

moto answers many of them with success, or with an answer that is always the same, and does nothing. Here each is one
of two: done for real, by moto (`DONE`, with what makes it real) or by a part of ours that answers instead of moto; or
refused with ``NotImplemented``. What is in neither list is refused: an operation that a later moto adds is found by its
verb, and nobody is told that something happened which did not.

Creating, changing and reading a resource's record is no activity: a record is all that the embedded cloud has of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_VERB: Final = re.compile(
    r"^(Start|Run|Rerun|Execute|Invoke|Submit|Send|Publish|Perform|Evaluate|Import|Export|Restore|Copy|Test|Retry|Replay"
    r"|Initiate|Transfer|Converse|Apply|Detect|Analyze|Compare|Search(Faces|Users)|Translate|Classify|Recognize"
    r"|Synthesize|Generate|Query$|Rotate|Batch(Execute|Invoke|Detect)"
    r"|Create(\w*Job(V2)?|Export\w*|Import\w*|Replay|Invalidation)$)"
)

INVENTED: Final = frozenset({"comprehend", "polly", "rekognition", "textract", "transcribe"})
"""Services whose every answer moto invents: there is no model behind them."""

DONE: Final[Mapping[str, Mapping[str, str]]] = {
    "acm": {"ExportCertificate": "answers what was imported", "ImportCertificate": "keeps the certificate"},
    "appsync": {"StartSchemaCreation": "keeps the schema"},
    "autoscaling": {"ExecutePolicy": "changes the group's size"},
    "clouddirectory": {"ApplySchema": "keeps the schema", "PublishSchema": "keeps the schema"},
    "cloudtrail": {"StartLogging": "the trail's log files are written from then on"},
    "config": {"StartConfigurationRecorder": "rules judge what changes from then on"},
    "databrew": {
        "CreateProfileJob": "keeps the definition; starting it is refused",
        "CreateRecipeJob": "keeps the definition; starting it is refused",
        "PublishRecipe": "keeps the version",
    },
    "dynamodb": {
        "BatchExecuteStatement": "runs PartiQL over the items",
        "ExecuteStatement": "runs PartiQL over the items",
        "ExecuteTransaction": "runs PartiQL over the items",
        "ExportTableToPointInTime": "writes the items to S3",
        "ImportTable": "reads the items from S3",
        "Query": "reads the items",
        "RestoreTableFromBackup": "makes a table with the items",
        "RestoreTableToPointInTime": "makes a table with the items",
    },
    "ebs": {"StartSnapshot": "keeps the blocks"},
    "ec2": {
        "CopyImage": "makes the record",
        "CopySnapshot": "makes the record",
        "ImportKeyPair": "keeps the public key",
        "RestoreSnapshotTier": "changes the record",
        "RunInstances": "makes the records; nothing can be sent to an instance",
        "StartInstances": "changes the records",
    },
    "ecr": {"InitiateLayerUpload": "keeps the layer"},
    "elb": {"ApplySecurityGroupsToLoadBalancer": "changes the record"},
    "events": {"TestEventPattern": "matches the event"},
    "firehose": {"StartDeliveryStreamEncryption": "changes the record"},
    "glacier": {"InitiateJob": "hands out the archive that was uploaded"},
    "glue": {"CreateJob": "keeps the definition; starting it is refused"},
    "iam": {"GenerateCredentialReport": "reports the users there are"},
    "iot": {"CreateJob": "keeps the definition"},
    "kinesis": {"StartStreamEncryption": "changes the record"},
    "kms": {
        "GenerateDataKey": "computes it",
        "GenerateDataKeyPair": "computes it",
        "GenerateDataKeyPairWithoutPlaintext": "computes it",
        "GenerateDataKeyWithoutPlaintext": "computes it",
        "GenerateMac": "computes it",
        "GenerateRandom": "computes it",
        "RotateKeyOnDemand": "changes the record",
    },
    "lambda": {
        "Invoke": "runs the function's code in a process",
        "InvokeAsync": "runs the function's code in a process",
        "PublishLayerVersion": "keeps the version",
        "PublishVersion": "keeps the version",
    },
    "logs": {"CreateExportTask": "writes the events to S3", "StartQuery": "reads the log events"},
    "rds": {
        "CopyDBClusterParameterGroup": "makes the record",
        "CopyDBClusterSnapshot": "makes the record",
        "CopyDBParameterGroup": "makes the record",
        "CopyDBSnapshot": "makes the record",
        "CopyOptionGroup": "makes the record",
        "RestoreDBClusterFromSnapshot": "makes the record; no database is behind it",
        "RestoreDBClusterToPointInTime": "makes the record; no database is behind it",
        "RestoreDBInstanceFromDBSnapshot": "makes the record; no database is behind it",
        "RestoreDBInstanceToPointInTime": "makes the record; no database is behind it",
        "StartDBCluster": "changes the record",
        "StartDBInstance": "changes the record",
    },
    "redshift": {"RestoreFromClusterSnapshot": "makes the record; no database is behind it"},
    "resiliencehub": {
        "ImportResourcesToDraftAppVersion": "keeps the resources",
        "PublishAppVersion": "keeps the version",
    },
    "s3": {"CopyObject": "copies the object", "RestoreObject": "makes the archived object readable"},
    "secretsmanager": {
        "RestoreSecret": "takes the deletion back",
        "RotateSecret": "runs the rotation function, or keeps the schedule",
    },
    "ses": {"TestRenderTemplate": "renders the template"},
    "sns": {"Publish": "delivers to queues and functions", "PublishBatch": "delivers to queues and functions"},
    "sqs": {"SendMessage": "queues it", "SendMessageBatch": "queues them"},
    "stepfunctions": {
        "SendTaskFailure": "ends the task",
        "SendTaskHeartbeat": "keeps the task alive",
        "SendTaskSuccess": "ends the task",
        "StartExecution": "runs the state machine",
        "StartSyncExecution": "runs the state machine",
    },
    "swf": {"StartWorkflowExecution": "queues decisions for deciders"},
    "transfer": {"ImportSshPublicKey": "keeps the public key"},
}
"""What moto does for real, with the patches in `moto_patches`: service, operation, and what happens."""


def is_pretended(service: str, operation: str) -> bool:
    """Whether moto would answer with success and do nothing. An operation that a part of ours answers is not asked."""
    if service in INVENTED:
        return bool(_VERB.search(operation))
    return bool(_VERB.search(operation)) and operation not in DONE.get(service, {})
