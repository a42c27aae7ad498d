"""KMS keys that a service uses on the caller's behalf: the caller needs the right to the key too.

Sources: "Protecting data with server-side encryption using AWS KMS keys (SSE-KMS)" in the S3 user guide, "Encryption
at rest" in the guides of SNS, SQS, Secrets Manager, Systems Manager and SageMaker, "kms:ViaService" in the KMS guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    "CreateProcessingJob": "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
    "CreateTrainingJob": "ResourceConfig.VolumeKmsKeyId",
    "CreateTransformJob": "TransformResources.VolumeKmsKeyId",
}
"""SageMaker encrypts disks by a grant on the key, which whoever creates the job or the endpoint makes through it:
"Key management" and "Amazon SageMaker AI API permissions" in the SageMaker developer guide."""


def key_uses(service: str, operation: str, parameters: Mapping[str, Any], place: Place) -> list[KeyUse]:
    """The keys that an operation uses in the caller's name. The caller holds the gateway's lock."""
    if service == "s3":
        return list(_through_s3(operation, parameters, place))
    if service == "sagemaker" and operation in _DISKS:
        return [
            KeyUse(action=action, key=key, via="sagemaker", for_resource=True)
            for key in find(parameters, _DISKS[operation], lambda *_: None)
            for action in ("kms:CreateGrant", "kms:DescribeKey")
        ]
    if service == "sns" and operation in ("Publish", "PublishBatch"):
        return list(_through_sns(parameters, place))
    if service == "secretsmanager" and operation == "GetSecretValue":
        return list(_through_secrets(parameters, place))
    return []


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
    stored = bucket.keys.get(name) if bucket else None
    if version and bucket:
        stored = next((each for each in bucket.keys.getlist(name, []) if each.version_id == version), None)
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


def _through_sns(parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    """ "Enable compatibility between event sources and encrypted topics", SNS developer guide: both are needed."""
    from moto.sns.models import sns_backends

    arn = parameters.get("TopicArn") or parameters.get("TargetArn") or ""
    topic = sns_backends[place.account][place.region].topics.get(arn)
    key = getattr(topic, "kms_master_key_id", None)
    if key and not str(key).startswith("alias/aws/"):
        for action in ("kms:GenerateDataKey", "kms:Decrypt"):
            yield KeyUse(action=action, key=key, via="sns", encryption_context={"aws:sns:topicArn": arn})


def _through_secrets(parameters: Mapping[str, Any], place: Place) -> Iterator[KeyUse]:
    from moto.secretsmanager.models import secretsmanager_backends

    backend = secretsmanager_backends[place.account][place.region]
    secret = backend.secrets.get(parameters.get("SecretId", ""))
    key = getattr(secret, "kms_key_id", None)
    if secret and key and not key.startswith("alias/aws/"):
        yield KeyUse(
            action="kms:Decrypt", key=key, via="secretsmanager", encryption_context={"SecretARN": str(secret.arn)}
        )
