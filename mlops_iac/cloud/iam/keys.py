"""KMS keys that a service uses on the caller's behalf: the caller needs the right to the key too.

Sources, looked up on 2026-11-28: "Protecting data with server-side encryption using AWS KMS keys (SSE-KMS)" in the S3
user guide; "Key management" in the guides of SNS and SQS; "Secret encryption and decryption" in the Secrets Manager
guide; "AWS KMS encryption for Parameter Store SecureString parameters" in the Systems Manager guide; "kms:ViaService"
in the KMS guide. A key of AWS's (``alias/aws/…``) lets every principal of the account use it through its service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlops_iac.cloud.iam.parameters import find
from mlops_iac.cloud.iam.requirements import Place


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """One use of a key through a service."""

    action: str
    key: str
    """Id, ARN or alias, as the resource names it."""
    via: str
    """``s3``: the service in ``kms:ViaService``."""
    encryption_context: Mapping[str, str] = field(default_factory=dict)
    for_resource: bool = False
    """``kms:GrantIsForAWSResource``: a grant that an AWS service makes and uses."""

    def keys(self, region: str, account: str) -> dict[str, tuple[str, ...]]:
        """The condition keys of the use."""
        found: dict[str, tuple[str, ...]] = {
            "kms:viaservice": (f"{self.via}.{region}.amazonaws.com",),
            "kms:calleraccount": (account,),
            "kms:encryptioncontextkeys": tuple(self.encryption_context),
            "kms:grantisforawsresource": (str(self.for_resource).lower(),) if self.for_resource else (),
            "aws:viaawsservice": ("true",),
            "aws:calledvia": (f"{self.via}.amazonaws.com",),
        }
        found |= {f"kms:encryptioncontext:{name.lower()}": (value,) for name, value in self.encryption_context.items()}
        return {name: values for name, values in found.items() if values}


_S3_WRITES: Final = frozenset(
    {"PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}
)
_S3_PARTS: Final = frozenset({"CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"})
"""An upload in parts reads its own parts back ("Uploading and copying objects using multipart upload", S3 guide)."""

_DISKS: Final = {
    "CreateEndpointConfig": "KmsKeyId",
    "CreateHyperParameterTuningJob": "TrainingJobDefinition.ResourceConfig.VolumeKmsKeyId",
    "CreateProcessingJob": "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
    "CreateTrainingJob": "ResourceConfig.VolumeKmsKeyId",
    "CreateTransformJob": "TransformResources.VolumeKmsKeyId",
}
"""SageMaker encrypts disks by a grant on the key, which whoever creates the job or the endpoint makes through it:
"Key management" and "Amazon SageMaker AI API permissions" in the SageMaker developer guide."""


_FEATURE_STORE: Final = tuple(
    f"kms:{action}"
    for action in (
        "CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ListGrants", "ReEncryptFrom",
        "ReEncryptTo", "RetireGrant", "RevokeGrant",
    )
)  # fmt: skip
"""What whoever creates a feature group needs of its online store's key: OnlineStoreSecurityConfig in the API reference,
without `kms:ListAliases`, which takes no resource."""


def key_uses(service: str, operation: str, parameters: Mapping[str, Any], place: Place) -> list[KeyUse]:
    """The keys that an operation uses in the caller's name. The caller holds the gateway's lock."""
    if service == "sagemaker" and operation in _DISKS:
        return [
            KeyUse(action=action, key=key, via="sagemaker", for_resource=True)
            for key in find(parameters, _DISKS[operation], lambda *_: None)
            for action in ("kms:CreateGrant", "kms:DescribeKey")
        ]
    if service == "sagemaker" and operation == "CreateFeatureGroup":
        keys = find(parameters, "OnlineStoreConfig.SecurityConfig.KmsKeyId", lambda *_: None)
        return [KeyUse(action=action, key=key, via="sagemaker") for key in keys for action in _FEATURE_STORE]
    through = _THROUGH.get(service)
    uses = through(operation, parameters, place) if through else ()
    return [use for use in uses if use.key and not use.key.startswith("alias/aws/")]


def _through_s3(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    source = parameters.get("CopySource")
    if operation == "GetObject":
        yield from _reading(parameters["Bucket"], parameters["Key"], parameters.get("VersionId"), place)
    elif isinstance(source, Mapping):
        yield from _reading(source["Bucket"], source["Key"], source.get("VersionId"), place)
    if operation in _S3_WRITES:
        yield from _writing(operation, parameters, place)


def _reading(bucket_name: str, name: str, version: str | None, place: Place) -> Iterator[KeyUse]:
    bucket = _bucket(bucket_name)
    versions = bucket.keys.look(name) if bucket else []
    stored = versions[-1] if versions else None
    if version and bucket:
        stored = next((each for each in versions if each.version_id == version), None)
    key = getattr(stored, "kms_key_id", None)
    if key and getattr(stored, "encryption", None) == "aws:kms":
        yield KeyUse(action="kms:Decrypt", key=key, via="s3", encryption_context=_s3_context(bucket, name, place))


def _writing(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    bucket = _bucket(parameters["Bucket"])
    if bucket is None:
        return
    algorithm, key = parameters.get("ServerSideEncryption"), parameters.get("SSEKMSKeyId")
    if algorithm is None:
        algorithm, key = _default_encryption(bucket)
    if algorithm != "aws:kms" or not key:  # S3's own key, and AWS's, which lets everybody of the account use it
        return
    context = _s3_context(bucket, parameters["Key"], place)
    yield KeyUse(action="kms:GenerateDataKey", key=key, via="s3", encryption_context=context)
    if operation in _S3_PARTS:
        yield KeyUse(action="kms:Decrypt", key=key, via="s3", encryption_context=context)


def _s3_context(bucket: Any, name: str, place: Place) -> dict[str, str]:
    """With a bucket key the context is the bucket, else the object."""
    rule = _encryption_rule(bucket)
    arn = f"arn:{place.partition}:s3:::{bucket.name}"
    return {"aws:s3:arn": arn if str(rule.get("BucketKeyEnabled", "")).lower() == "true" else f"{arn}/{name}"}


def _default_encryption(bucket: Any) -> tuple[str | None, str | None]:
    default = _encryption_rule(bucket).get("ApplyServerSideEncryptionByDefault", {})
    return default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")


def _encryption_rule(bucket: Any) -> dict[str, Any]:
    rule = (bucket.encryption or {}).get("Rule", {})
    return dict(rule[0] if isinstance(rule, list) else rule)


def _bucket(name: str) -> Any:
    from mlops_iac.cloud.iam.policies import find_bucket

    return find_bucket(name)


def _through_sns(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    """Who publishes needs both: SNS makes a data key, and reads the one that it has cached."""
    from moto.sns.models import sns_backends

    if operation not in ("Publish", "PublishBatch"):
        return
    arn = parameters.get("TopicArn") or parameters.get("TargetArn") or ""
    topic = sns_backends[place.account][place.region].topics.get(arn)
    yield from _uses("sns", getattr(topic, "kms_master_key_id", None), _MAKES, {"aws:sns:topicArn": arn})


def _through_sqs(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    from moto.sqs.models import sqs_backends

    sends = operation in ("SendMessage", "SendMessageBatch")
    if not sends and operation != "ReceiveMessage":
        return
    name = str(parameters.get("QueueUrl", "")).rsplit("/", 1)[-1]
    queue = sqs_backends[place.account][place.region].queues.get(name)
    if queue is not None:
        context = {"aws:sqs:arn": str(queue.queue_arn)}
        yield from _uses("sqs", queue.kms_master_key_id, _MAKES if sends else _READS, context)


_TABLE_ITEMS: Final = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"})


def _through_tables(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    """Every item is under the table's own key, which is read through the customer's: "DynamoDB encryption at rest: how
    it works" in the DynamoDB guide."""
    from moto.dynamodb.models import dynamodb_backends
    from moto.kms.models import kms_backends

    name = str(parameters.get("TableName", "")).rsplit("/", 1)[-1]
    table = dynamodb_backends[place.account][place.region].tables.get(name)
    if operation in _TABLE_ITEMS and table is not None:
        key = (table.sse_specification or {}).get("KMSMasterKeyId")
        kms, managed = kms_backends[place.account][place.region], "alias/aws/dynamodb"
        if kms.alias_exists(managed) and kms.describe_key(managed).arn == key:
            return  # moto puts AWS's own key in where none was named
        context = {"aws:dynamodb:tableName": name, "aws:dynamodb:subscriberId": place.account}
        yield from _uses("dynamodb", key, ("kms:Decrypt",), context)


def _through_secrets(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    """Each value has a data key of its own; a new secret's ARN is not known before it is there."""
    from moto.secretsmanager.models import secretsmanager_backends

    secret = secretsmanager_backends[place.account][place.region].secrets.get(parameters.get("SecretId", ""))
    context = {"SecretARN": str(secret.arn)} if secret else {}
    key = parameters.get("KmsKeyId") or getattr(secret, "kms_key_id", None)
    if operation == "GetSecretValue":
        yield from _uses("secretsmanager", key, _READS, context)
    elif operation in ("CreateSecret", "PutSecretValue", "UpdateSecret") and _holds_a_value(parameters):
        yield from _uses("secretsmanager", key, _MAKES, context)


def _holds_a_value(parameters: Mapping[str, Any]) -> bool:
    return "SecretString" in parameters or "SecretBinary" in parameters


def _through_parameters(operation: str, parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    """A standard parameter is encrypted by the key itself, an advanced one by a data key."""
    if operation == "PutParameter" and parameters.get("Type") == "SecureString":
        action = "kms:GenerateDataKey" if parameters.get("Tier") == "Advanced" else "kms:Encrypt"
        context = _parameter_context(str(parameters.get("Name", "")), place)
        yield from _uses("ssm", parameters.get("KeyId"), (action,), context)
    elif operation.startswith("GetParameter") and str(parameters.get("WithDecryption")).lower() == "true":
        for stored in _stored_parameters(parameters, place):
            if stored.parameter_type == "SecureString":
                yield from _uses("ssm", stored.keyid, _READS, _parameter_context(stored.name, place))


def _stored_parameters(parameters: Mapping[str, Any], place: Place) -> Iterator[Any]:
    """What a request reads: one name, several, or a path; a name may be an ARN and end in a version or a label."""
    from moto.ssm.models import ssm_backends

    stored = ssm_backends[place.account][place.region]._parameters
    if "Path" in parameters:
        path = str(parameters["Path"]).rstrip("/")
        deep = str(parameters.get("Recursive")).lower() == "true"
        below = [name for name in stored if name.startswith(f"{path}/")]
        names = [name for name in below if deep or "/" not in name.removeprefix(f"{path}/")]
    else:
        asked = [parameters["Name"]] if "Name" in parameters else parameters.get("Names", [])
        names = [str(each).split(":parameter", 1)[-1].split(":", 1)[0] for each in asked]
    yield from (stored[name][-1] for name in names if name in stored)


def _parameter_context(name: str, place: Place) -> dict[str, str]:
    return {
        "PARAMETER_ARN": f"arn:{place.partition}:ssm:{place.region}:{place.account}:parameter/{name.removeprefix('/')}"
    }


_READS: Final = ("kms:Decrypt",)
_MAKES: Final = ("kms:GenerateDataKey", "kms:Decrypt")


def _uses(via: str, key: str | None, actions: tuple[str, ...], context: Mapping[str, str]) -> Iterator[KeyUse]:
    for action in actions if key else ():
        yield KeyUse(action=action, key=str(key), via=via, encryption_context=context)


_THROUGH: Final[dict[str, Callable[[str, Mapping[str, Any], Place], Iterator[KeyUse]]]] = {
    "dynamodb": _through_tables,
    "s3": _through_s3,
    "secretsmanager": _through_secrets,
    "sns": _through_sns,
    "sqs": _through_sqs,
    "ssm": _through_parameters,
}
"""By botocore's name of the service."""
