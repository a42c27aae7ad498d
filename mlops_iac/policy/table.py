"""The policies, in one visible table: ours, and those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from mlops_iac.core.plugins import Family
from mlops_iac.policy.policy import Policy

POLICIES: Mapping[str, str] = {
    "alarm-actions": "mlops_iac.policy.rules.alarm_actions:AlarmActions",
    "cluster-audit": "mlops_iac.policy.rules.cluster_audit:ClusterAudit",
    "cluster-endpoint": "mlops_iac.policy.rules.cluster_endpoint:ClusterEndpoint",
    "cluster-secrets": "mlops_iac.policy.rules.cluster_secrets:ClusterSecrets",
    "cost-budget": "mlops_iac.policy.rules.cost_budget:CostBudget",
    "default-security-group": "mlops_iac.policy.rules.default_security_group:DefaultSecurityGroup",
    "deletion-protection": "mlops_iac.policy.rules.deletion_protection:DeletionProtection",
    "domain-network": "mlops_iac.policy.rules.domain_network:DomainNetwork",
    "endpoint-alarms": "mlops_iac.policy.rules.endpoint_alarms:EndpointAlarms",
    "endpoint-policy": "mlops_iac.policy.rules.endpoint_policy:EndpointPolicy",
    "environment-secrets": "mlops_iac.policy.rules.environment_secrets:EnvironmentSecrets",
    "file-system-encryption": "mlops_iac.policy.rules.file_system_encryption:FileSystemEncryption",
    "flow-logs": "mlops_iac.policy.rules.flow_logs:FlowLogs",
    "iam-access-keys": "mlops_iac.policy.rules.iam_access_keys:IamAccessKeys",
    "iam-boundary": "mlops_iac.policy.rules.iam_boundary:IamBoundary",
    "iam-confused-deputy": "mlops_iac.policy.rules.iam_confused_deputy:IamConfusedDeputy",
    "iam-pass-role": "mlops_iac.policy.rules.iam_pass_role:IamPassRole",
    "iam-wildcard-action": "mlops_iac.policy.rules.iam_wildcard_action:IamWildcardAction",
    "iam-wildcard-resource": "mlops_iac.policy.rules.iam_wildcard_resource:IamWildcardResource",
    "image-lifecycle": "mlops_iac.policy.rules.image_lifecycle:ImageLifecycle",
    "image-registries": "mlops_iac.policy.rules.image_registries:ImageRegistries",
    "image-scan": "mlops_iac.policy.rules.image_scan:ImageScan",
    "image-tags": "mlops_iac.policy.rules.image_tags:ImageTags",
    "instance-metadata": "mlops_iac.policy.rules.instance_metadata:InstanceMetadata",
    "instance-types": "mlops_iac.policy.rules.instance_types:InstanceTypes",
    "job-encryption": "mlops_iac.policy.rules.job_encryption:JobEncryption",
    "job-network": "mlops_iac.policy.rules.job_network:JobNetwork",
    "job-traffic-encryption": "mlops_iac.policy.rules.job_traffic_encryption:JobTrafficEncryption",
    "key-rotation": "mlops_iac.policy.rules.key_rotation:KeyRotation",
    "lambda-public": "mlops_iac.policy.rules.lambda_public:LambdaPublic",
    "lambda-runtime": "mlops_iac.policy.rules.lambda_runtime:LambdaRuntime",
    "log-encryption": "mlops_iac.policy.rules.log_encryption:LogEncryption",
    "log-retention": "mlops_iac.policy.rules.log_retention:LogRetention",
    "model-isolation": "mlops_iac.policy.rules.model_isolation:ModelIsolation",
    "monitoring-isolation": "mlops_iac.policy.rules.monitoring_isolation:MonitoringIsolation",
    "notebook-internet": "mlops_iac.policy.rules.notebook_internet:NotebookInternet",
    "notebook-network": "mlops_iac.policy.rules.notebook_network:NotebookNetwork",
    "notebook-root": "mlops_iac.policy.rules.notebook_root:NotebookRoot",
    "pipeline-gate": "mlops_iac.policy.rules.pipeline_gate:PipelineGate",
    "pipeline-logging": "mlops_iac.policy.rules.pipeline_logging:PipelineLogging",
    "query-encryption": "mlops_iac.policy.rules.query_encryption:QueryEncryption",
    "queue-encryption": "mlops_iac.policy.rules.queue_encryption:QueueEncryption",
    "required-tags": "mlops_iac.policy.rules.required_tags:RequiredTags",
    "resource-policy-public": "mlops_iac.policy.rules.resource_policy_public:ResourcePolicyPublic",
    "s3-encryption": "mlops_iac.policy.rules.s3_encryption:S3Encryption",
    "s3-lifecycle": "mlops_iac.policy.rules.s3_lifecycle:S3Lifecycle",
    "s3-ownership": "mlops_iac.policy.rules.s3_ownership:S3Ownership",
    "s3-public-access": "mlops_iac.policy.rules.s3_public_access:S3PublicAccess",
    "s3-tls": "mlops_iac.policy.rules.s3_tls:S3Tls",
    "s3-versioning": "mlops_iac.policy.rules.s3_versioning:S3Versioning",
    "sagemaker-disk-encryption": "mlops_iac.policy.rules.sagemaker_disk_encryption:SagemakerDiskEncryption",
    "security-group-open": "mlops_iac.policy.rules.security_group_open:SecurityGroupOpen",
    "subnet-public-address": "mlops_iac.policy.rules.subnet_public_address:SubnetPublicAddress",
    "table-backups": "mlops_iac.policy.rules.table_backups:TableBackups",
    "table-encryption": "mlops_iac.policy.rules.table_encryption:TableEncryption",
    "topic-encryption": "mlops_iac.policy.rules.topic_encryption:TopicEncryption",
    "volume-encryption": "mlops_iac.policy.rules.volume_encryption:VolumeEncryption",
}
"""Name to ``module:Class``, sorted. To add a policy, add its file and one line."""

PARTS = ("name", "wants", "why", "severity", "types", "remedy", "sources", "breaks", "keeps")
"""What a `Policy` says of itself."""


def accept(name: str, kind: Any) -> Policy:
    """A policy of its class. Raises ValueError with why it is none."""
    if not (isinstance(kind, type) and issubclass(kind, Policy)):
        raise ValueError("is no class of `Policy`")
    missing = [part for part in PARTS if not hasattr(kind, part)]
    if missing:
        raise ValueError(f"has no {', '.join(f'`{part}`' for part in missing)}")
    if name and kind.name != name:
        raise ValueError(f"calls itself `{kind.name}`")
    return kind()


FAMILY = Family(
    noun="policy",
    group="mlops_iac.policies",
    ours=POLICIES,
    accept=accept,
    contract="`Policy` in mlops_iac/policy/policy.py",
)
"""Ours, and those of installed packages."""


@cache
def policies() -> tuple[Policy, ...]:
    """Every one of them, by name. Raises BlueprintError for a package whose policy cannot be loaded: a rule that is not
    asked would be a rule that is kept."""
    found = []
    for name in FAMILY.sources():
        policy = FAMILY.find(name)
        assert policy is not None
        found.append(policy)
    return tuple(found)
