"""Managed rules of AWS Config that judge on AWS what our policies judge before: which, of what, and for which policy.

https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html has a page for each. Types and
triggers are from those pages, read in November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class ManagedRule:
    identifier: str
    """AWS's, in capitals."""
    type: str
    """Of the resources that it judges, as AWS Config calls it."""
    policy: str
    """The rule of the policy pack that wants the same; empty where that is a safeguard (`runs/safeguards.py`)."""
    periodic: bool = False
    """AWS evaluates it once a day on all there is: no scope narrows it, and nothing has to be recorded for it."""

    @property
    def name(self) -> str:
        """As AWS writes it in its documentation."""
        return self.identifier.lower().replace("_", "-")


_BUCKET, _TRAIL = "AWS::S3::Bucket", "AWS::CloudTrail::Trail"

MANAGED_RULES: Final = (
    ManagedRule(
        identifier="CLOUDWATCH_LOG_GROUP_ENCRYPTED", type="AWS::Logs::LogGroup", policy="log-encryption", periodic=True
    ),
    ManagedRule(identifier="CLOUD_TRAIL_ENCRYPTION_ENABLED", type=_TRAIL, policy="", periodic=True),
    ManagedRule(identifier="CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", type=_TRAIL, policy="", periodic=True),
    ManagedRule(
        identifier="CMK_BACKING_KEY_ROTATION_ENABLED", type="AWS::KMS::Key", policy="key-rotation", periodic=True
    ),
    ManagedRule(
        identifier="ECR_PRIVATE_IMAGE_SCANNING_ENABLED",
        type="AWS::ECR::Repository",
        policy="image-scan",
        periodic=True,
    ),
    ManagedRule(
        identifier="LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", type="AWS::Lambda::Function", policy="lambda-public"
    ),
    ManagedRule(identifier="S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", type=_BUCKET, policy="s3-public-access"),
    ManagedRule(identifier="S3_BUCKET_PUBLIC_READ_PROHIBITED", type=_BUCKET, policy="resource-policy-public"),
    ManagedRule(identifier="S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", type=_BUCKET, policy="s3-encryption"),
    ManagedRule(identifier="S3_BUCKET_SSL_REQUESTS_ONLY", type=_BUCKET, policy="s3-tls"),
    ManagedRule(identifier="S3_BUCKET_VERSIONING_ENABLED", type=_BUCKET, policy="s3-versioning"),
    ManagedRule(identifier="S3_DEFAULT_ENCRYPTION_KMS", type=_BUCKET, policy="s3-encryption"),
    ManagedRule(
        identifier="SAGEMAKER_ENDPOINT_CONFIGURATION_KMS_KEY_CONFIGURED",
        type="AWS::SageMaker::EndpointConfig",
        policy="sagemaker-disk-encryption",
        periodic=True,
    ),
    ManagedRule(identifier="SAGEMAKER_MODEL_ISOLATION_ENABLED", type="AWS::SageMaker::Model", policy="model-isolation"),
    ManagedRule(
        identifier="SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS",
        type="AWS::SageMaker::NotebookInstance",
        policy="notebook-internet",
        periodic=True,
    ),
    ManagedRule(identifier="SNS_ENCRYPTED_KMS", type="AWS::SNS::Topic", policy="topic-encryption"),
    ManagedRule(
        identifier="STEP_FUNCTIONS_STATE_MACHINE_LOGGING_ENABLED",
        type="AWS::StepFunctions::StateMachine",
        policy="pipeline-logging",
    ),
    ManagedRule(
        identifier="VPC_DEFAULT_SECURITY_GROUP_CLOSED",
        type="AWS::EC2::SecurityGroup",
        policy="default-security-group",
    ),
    ManagedRule(identifier="VPC_FLOW_LOGS_ENABLED", type="AWS::EC2::VPC", policy="flow-logs", periodic=True),
)

RECORDED: Final = tuple(sorted({rule.type for rule in MANAGED_RULES if not rule.periodic}))
"""What a recorder has to record for them."""

LINKED_ROLE: Final = "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
"""AWS's own role for recorders, which AWS keeps current. An account has one, in all regions; who asks for it first is
asked to make it: `aws iam create-service-linked-role --aws-service-name config.amazonaws.com`."""
