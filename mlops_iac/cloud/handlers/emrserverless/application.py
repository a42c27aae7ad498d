"""aws:emrserverless/application:Application."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

MONITORING = "monitoringConfiguration"


class Application(Resource):
    """CreateApplication, GetApplication, UpdateApplication, DeleteApplication. Jobs really run, as processes of this
    machine: capacities, the architecture and limits of the queue are kept, and change nothing. As on AWS, one that is
    started can neither be changed nor deleted; it stops when it has been idle."""

    type = "aws:emrserverless/application:Application"
    service = "emr-serverless"
    create_op, read_op = "CreateApplication", "GetApplication"
    update_op, delete_op = "UpdateApplication", "DeleteApplication"
    references = {
        "networkConfiguration.subnetIds": "subnet",
        "networkConfiguration.securityGroupIds": "security group",
    }
    required = frozenset({"releaseLabel", "type"})
    name_input, name_limit, prefix_input = "name", 64, ""
    replace_on = frozenset({"type"})
    defaults = {"architecture": "X86_64"}
    renames = {
        "initialCapacities": "initialCapacity",
        "runtimeConfigurations": "runtimeConfiguration",
        f"{MONITORING}.cloudwatchLoggingConfiguration": "cloudWatchLoggingConfiguration",
    }
    id_from = "id"
    key = {"applicationId": "id"}
    read_item = "application"
    computed = {"arn": "arn", "id": "applicationId"}
    refreshed = {
        "architecture": "architecture",
        "maximumCapacity": "maximumCapacity",
        "networkConfiguration": "networkConfiguration",
        "releaseLabel": "releaseLabel",
    }
    tags = TagCalls(key=("resourceArn", "arn"), answer="tags")
    create_calls = 4

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """AWS gives an application its id, and lets several have one name."""
        listed: list[dict[str, Any]] = self.api(scope, inputs)("ListApplications")["applications"]
        found = [one["id"] for one in listed if one.get("name") == inputs["name"]]
        return self.read(scope, found[0], inputs) if found else None
