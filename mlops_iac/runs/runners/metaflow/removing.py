"""What Metaflow made in an account for one stack, deleted: no engine's state knows it.

Belonging is decided twice: state machines and schedules by the beginning of their names and by the role that they run
in, which is the stack's own; job definitions, which Metaflow calls by a hash, by the role of their jobs.
"""

from __future__ import annotations

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.pages import pages
from mlops_iac.runs.runners.metaflow.tools import SERVICE


def remove(environment: Environment, clients: Clients) -> int:
    """Delete all of them; answers how many there were."""
    profile = environment.services[SERVICE].client
    prefix = f"{profile['METAFLOW_SFN_STATE_MACHINE_PREFIX']}_"
    schedules = remove_schedules(clients, prefix)
    machines = remove_machines(clients, prefix, profile["METAFLOW_SFN_IAM_ROLE"])
    return schedules + machines + remove_definitions(clients, profile["METAFLOW_ECS_S3_ACCESS_IAM_ROLE"])


def remove_schedules(clients: Clients, prefix: str) -> int:
    client = clients("events")
    with calling("events:ListRules", prefix):
        found = [*pages(client.list_rules, "Rules", next_key="NextToken", NamePrefix=prefix)]
    for rule in found:
        name = rule["Name"]
        with missing_is_nothing(), calling("events:DeleteRule", name):
            targets = client.list_targets_by_rule(Rule=name)["Targets"]
            if targets:
                client.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
            client.delete_rule(Name=name)
    return len(found)


def remove_machines(clients: Clients, prefix: str, role: str) -> int:
    client, removed = clients("stepfunctions"), 0
    with calling("stepfunctions:ListStateMachines", prefix):
        found = [*pages(client.list_state_machines, "stateMachines", next_key="nextToken")]
    for machine in found:
        arn = machine["stateMachineArn"]
        if not machine["name"].startswith(prefix):
            continue
        with missing_is_nothing(), calling("stepfunctions:DeleteStateMachine", machine["name"]):
            if client.describe_state_machine(stateMachineArn=arn)["roleArn"] != role:
                continue
            running = pages(
                client.list_executions, "executions", next_key="nextToken", stateMachineArn=arn, statusFilter="RUNNING"
            )
            for execution in [*running]:
                client.stop_execution(executionArn=execution["executionArn"], cause="environment destroyed")
            client.delete_state_machine(stateMachineArn=arn)
            removed += 1
    return removed


def remove_definitions(clients: Clients, role: str) -> int:
    client = clients("batch")
    with calling("batch:DescribeJobDefinitions"):
        found = [
            *pages(client.describe_job_definitions, "jobDefinitions", next_key="nextToken", status="ACTIVE"),
        ]
    ours = [
        one["jobDefinitionArn"]
        for one in found
        if one["jobDefinitionName"].startswith("metaflow_")
        and one.get("containerProperties", {}).get("jobRoleArn") == role
    ]
    for arn in ours:
        with missing_is_nothing("ClientException"), calling("batch:DeregisterJobDefinition", arn):
            client.deregister_job_definition(jobDefinition=arn)
    return len(ours)
