"""How the managed rules that are evaluated here judge. A rule that is not here is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mlops_iac.cloud.compliance.holdings import Held, Place, held
from mlops_iac.cloud.iam.conditions import Keys
from mlops_iac.cloud.iam.documents import Names, Statement
from mlops_iac.cloud.iam.policies import resource_policy
from mlops_iac.core.managed_rules import MANAGED_RULES, ManagedRule

STRANGER: Final = Names(identity="arn:*:iam::000000000000:user/nobody", account="000000000000")

Judge = Callable[[Held, Place], str | None]
"""Answers what is wrong; empty for a resource that complies, None for one that the rule says nothing about."""


def _encrypted(one: Held, place: Place) -> str | None:
    """S3 encrypts every new object since January 2023, whatever a bucket says."""
    return ""


def _encrypted_by_kms(one: Held, place: Place) -> str | None:
    rules = ((one.it.encryption or {}).get("Rule")) or {}
    listed = rules if isinstance(rules, list) else [rules]
    used = {(rule.get("ApplyServerSideEncryptionByDefault") or {}).get("SSEAlgorithm") for rule in listed}
    return "" if used & {"aws:kms", "aws:kms:dsse"} else "The bucket's default encryption uses no KMS key."


def _not_public(one: Held, place: Place) -> str | None:
    """All four settings of the bucket itself."""
    block = one.it.public_access_block
    off = [name for name in _BLOCKS if not getattr(block, name, False)]
    return f"Not set: {', '.join(off)}." if off else ""


_BLOCKS: Final = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")


def _not_readable(one: Held, place: Place) -> str | None:
    """What the settings let through is looked at: the policy, and the access control list."""
    block = one.it.public_access_block
    policy = None if getattr(block, "restrict_public_buckets", False) else resource_policy(one.arn)
    if policy and any(_lets_everybody(s, "s3:GetObject", f"{one.arn}/any") for s in policy.document.statements):
        return "The bucket policy allows public read access."
    if not getattr(block, "ignore_public_acls", False) and one.it.acl and one.it.acl.public_read:
        return "The bucket ACL allows public read access."
    return ""


def _tls_only(one: Held, place: Place) -> str | None:
    policy = resource_policy(one.arn)
    plain: Keys = {"aws:securetransport": ("false",)}
    denied = policy and any(
        s.effect == "Deny" and _names_everybody(s) and s.applies("s3:GetObject", f"{one.arn}/any", plain)
        and not s.applies("s3:GetObject", f"{one.arn}/any", {"aws:securetransport": ("true",)})
        for s in policy.document.statements
    )  # fmt: skip
    return "" if denied else "The bucket policy does not deny requests without TLS."


def _versioned(one: Held, place: Place) -> str | None:
    return "" if one.it.versioning_status == "Enabled" else "Versioning is not enabled."


def _rotated(one: Held, place: Place) -> str | None:
    """Of keys that KMS can rotate: symmetric ones with material of its own."""
    key = one.it
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS" or key.key_state != "Enabled":
        return None
    return "" if key.key_rotation_status else "Key rotation is not enabled."


def _flows_logged(one: Held, place: Place) -> str | None:
    logs = one.it.ec2_backend.flow_logs.values()
    on = any(log.resource_id == one.id and log.flow_log_status == "ACTIVE" for log in logs)
    return "" if on else "The VPC has no flow log."


def _default_closed(one: Held, place: Place) -> str | None:
    if not one.it.is_default:
        return None
    return "The default security group has rules." if one.it.ingress_rules or one.it.egress_rules else ""


def _topic_encrypted(one: Held, place: Place) -> str | None:
    return "" if one.it.kms_master_key_id else "The topic is not encrypted with a KMS key."


def _machine_logs(one: Held, place: Place) -> str | None:
    level = (one.it.loggingConfiguration or {}).get("level", "OFF")
    return "" if level != "OFF" else "The state machine's logging is off."


def _function_closed(one: Held, place: Place) -> str | None:
    policy = resource_policy(one.arn)
    opened = policy and any(_lets_everybody(s, "lambda:InvokeFunction", one.arn) for s in policy.document.statements)
    return "The function's policy allows public access." if opened else ""


def _scanned(one: Held, place: Place) -> str | None:
    on = one.it.image_scanning_configuration.get("scanOnPush")
    return "" if on else "Images are not scanned when they are pushed."


def _validated(one: Held, place: Place) -> str | None:
    return "" if one.it.log_validation else "Log file validation is not enabled."


def _trail_encrypted(one: Held, place: Place) -> str | None:
    return "" if one.it.kms_key_id else "The trail's log files are not encrypted with a KMS key."


def _group_encrypted(one: Held, place: Place) -> str | None:
    return "" if one.it.kms_key_id else "The log group is not encrypted with a KMS key."


def _isolated(one: Held, place: Place) -> str | None:
    return "" if one.it.enable_network_isolation else "The model is not isolated from the network."


def _disks_encrypted(one: Held, place: Place) -> str | None:
    """A serverless endpoint has no disk of the customer's, and takes no key."""
    if all("ServerlessConfig" in variant for variant in one.it.production_variants):
        return None
    return "" if one.it.kms_key_id else "The endpoint configuration names no KMS key."


def _no_direct_internet(one: Held, place: Place) -> str | None:
    return "" if one.it.direct_internet_access == "Disabled" else "The notebook reaches the internet by itself."


def _names_everybody(statement: Statement) -> bool:
    return statement.names(STRANGER) == "everybody"


def _lets_everybody(statement: Statement, action: str, resource: str) -> bool:
    """Under no condition: one that is met by whoever says who they are lets in no public."""
    allowed = statement.effect == "Allow" and _names_everybody(statement) and not statement.conditions
    return allowed and statement.applies(action, resource, {})


JUDGES: Final[Mapping[str, Judge]] = {
    "CLOUDWATCH_LOG_GROUP_ENCRYPTED": _group_encrypted,
    "CLOUD_TRAIL_ENCRYPTION_ENABLED": _trail_encrypted,
    "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED": _validated,
    "CMK_BACKING_KEY_ROTATION_ENABLED": _rotated,
    "ECR_PRIVATE_IMAGE_SCANNING_ENABLED": _scanned,
    "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED": _function_closed,
    "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED": _not_public,
    "S3_BUCKET_PUBLIC_READ_PROHIBITED": _not_readable,
    "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED": _encrypted,
    "S3_BUCKET_SSL_REQUESTS_ONLY": _tls_only,
    "S3_BUCKET_VERSIONING_ENABLED": _versioned,
    "S3_DEFAULT_ENCRYPTION_KMS": _encrypted_by_kms,
    "SAGEMAKER_ENDPOINT_CONFIGURATION_KMS_KEY_CONFIGURED": _disks_encrypted,
    "SAGEMAKER_MODEL_ISOLATION_ENABLED": _isolated,
    "SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS": _no_direct_internet,
    "SNS_ENCRYPTED_KMS": _topic_encrypted,
    "STEP_FUNCTIONS_STATE_MACHINE_LOGGING_ENABLED": _machine_logs,
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED": _default_closed,
    "VPC_FLOW_LOGS_ENABLED": _flows_logged,
}
"""By AWS's identifier."""

MANAGED: Final[Mapping[str, ManagedRule]] = {rule.identifier: rule for rule in MANAGED_RULES}


def judge(rule: ManagedRule, place: Place, wanted: Callable[[Held], bool]) -> Mapping[tuple[str, str], str]:
    """What a rule finds: type and id of each resource that it has a word on, to what is wrong with it, or nothing.
    ``wanted``: whether a resource is in its scope. Callers hold the gateway's lock."""
    found: dict[tuple[str, str], str] = {}
    for one in held(rule.type, place):
        if rule.periodic or wanted(one):
            fault = JUDGES[rule.identifier](one, place)
            if fault is not None:
                found[one.type, one.id] = fault
    return found
