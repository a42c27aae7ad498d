"""What is left of a stack in a cloud: asked of the cloud itself, service by service, never of our own state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mlops_iac.clients import Clients

# service → what lists its things, and where the names (or ARNs, or tags) stand in the answer.
# Everything a stack makes carries its name as a prefix of a name, a path, an alias or the `Name` tag.
LISTS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("s3", "list_buckets", {}, "Buckets[].Name"),
    ("s3vectors", "list_vector_buckets", {}, "vectorBuckets[].vectorBucketName"),
    ("iam", "list_roles", {}, "Roles[].RoleName"),
    ("iam", "list_policies", {"Scope": "Local"}, "Policies[].PolicyName"),
    ("iam", "list_instance_profiles", {}, "InstanceProfiles[].InstanceProfileName"),
    ("kms", "list_aliases", {}, "Aliases[].AliasName"),
    ("ec2", "describe_vpcs", {}, "Vpcs[].Tags[].Value"),
    ("ec2", "describe_subnets", {}, "Subnets[].Tags[].Value"),
    ("ec2", "describe_route_tables", {}, "RouteTables[].Tags[].Value"),
    ("ec2", "describe_security_groups", {}, "SecurityGroups[].GroupName"),
    ("ec2", "describe_vpc_endpoints", {}, "VpcEndpoints[?State!='deleted'].Tags[].Value"),
    ("ec2", "describe_launch_templates", {}, "LaunchTemplates[].LaunchTemplateName"),
    ("ec2", "describe_placement_groups", {}, "PlacementGroups[].GroupName"),
    ("ec2", "describe_flow_logs", {}, "FlowLogs[].Tags[].Value"),
    ("efs", "describe_file_systems", {}, "FileSystems[].CreationToken"),
    ("glue", "get_databases", {}, "DatabaseList[].Name"),
    ("redshift-serverless", "list_namespaces", {}, "namespaces[].namespaceName"),
    ("redshift-serverless", "list_workgroups", {}, "workgroups[].workgroupName"),
    ("emr-serverless", "list_applications", {}, "applications[].name"),
    ("athena", "list_work_groups", {}, "WorkGroups[].Name"),
    ("batch", "describe_compute_environments", {}, "computeEnvironments[].computeEnvironmentName"),
    ("batch", "describe_job_queues", {}, "jobQueues[].jobQueueName"),
    ("stepfunctions", "list_state_machines", {}, "stateMachines[].name"),
    ("logs", "describe_log_groups", {}, "logGroups[].logGroupName"),
    ("cloudwatch", "describe_alarms", {}, "MetricAlarms[].AlarmName"),
    ("cloudwatch", "list_dashboards", {}, "DashboardEntries[].DashboardName"),
    ("events", "list_rules", {}, "Rules[].Name"),
    ("sns", "list_topics", {}, "Topics[].TopicArn"),
    ("sqs", "list_queues", {}, "QueueUrls[]"),
    ("ecr", "describe_repositories", {}, "repositories[].repositoryName"),
    ("budgets", "describe_budgets", {"AccountId": "123456789012"}, "Budgets[].BudgetName"),
    ("ssm", "describe_parameters", {}, "Parameters[].Name"),
    ("scheduler", "list_schedules", {}, "Schedules[].Name"),
    ("secretsmanager", "list_secrets", {}, "SecretList[].Name"),
    ("sagemaker", "list_model_package_groups", {}, "ModelPackageGroupSummaryList[].ModelPackageGroupName"),
    ("sagemaker", "list_models", {}, "Models[].ModelName"),
    ("sagemaker", "list_endpoint_configs", {}, "EndpointConfigs[].EndpointConfigName"),
    ("sagemaker", "list_endpoints", {}, "Endpoints[].EndpointName"),
)


def find_leftovers(clients: Clients, stack: str) -> list[str]:
    """``service.call: name`` of each thing whose name says it belongs to the stack; empty when nothing is left.

    Two kinds of thing stay by AWS's own rules and are not counted: a KMS key waits for its deletion (its alias is
    counted), and records of finished jobs cannot be deleted at all.
    """
    return [
        f"{service}.{call}: {name}"
        for service, call, arguments, path in LISTS
        for name in _names(clients(service), call, arguments, path)
        if belongs_to(name, stack)
    ]


def belongs_to(name: str, stack: str) -> bool:
    last = name.rsplit(":", 1)[-1].replace("_", "-")
    return last == stack or any(part.startswith(f"{stack}-") or part == stack for part in last.split("/"))


def _names(client: Any, call: str, arguments: dict[str, Any], path: str) -> Iterator[str]:
    import jmespath

    ask: Callable[..., Any] = getattr(client, call)
    if client.can_paginate(call):
        pages: Any = client.get_paginator(call).paginate(**arguments)
    else:
        pages = [ask(**arguments)]
    for page in pages:
        yield from (name for name in jmespath.search(path, page) or [] if isinstance(name, str))
