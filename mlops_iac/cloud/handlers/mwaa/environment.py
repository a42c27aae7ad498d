"""aws:mwaa/environment:Environment."""

from __future__ import annotations

import time
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

LOOK: Final = 0.2
"""Seconds between two looks at an environment that is made."""
SIZES: Final = ("mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge")


class Environment(Resource):
    """CreateEnvironment, GetEnvironment, UpdateEnvironment, DeleteEnvironment. A read refreshes class, configuration,
    role, status and tags. Role, subnets and the bucket's public access block are looked at, as MWAA does; Airflow's own
    process begins with the first who asks it. Its database goes with the environment."""

    type = "aws:mwaa/environment:Environment"
    service = "mwaa"
    create_op, read_op = "CreateEnvironment", "GetEnvironment"
    update_op, delete_op = "UpdateEnvironment", "DeleteEnvironment"
    required = frozenset({"dagS3Path", "executionRoleArn", "networkConfiguration", "sourceBucketArn"})
    references = {"executionRoleArn": "role", "kmsKey": "key"}
    choices = {"environmentClass": SIZES}
    ignores = {"workerReplacementStrategy": "An update here replaces no workers."}
    name_limit, prefix_input = 80, ""
    replace_on = frozenset({"kmsKey", "endpointManagement"})
    item = "Environment || @"
    key = {"Name": "name"}
    computed = {
        "arn": "Arn",
        "createdAt": "CreatedAt",
        "serviceRoleArn": "ServiceRoleArn",
        "status": "Status",
        "webserverUrl": "WebserverUrl",
    }
    initial = {"status": "AVAILABLE"}
    formats = {"arn": "arn:{partition}:airflow:{region}:{account}:environment/{name}"}
    refreshed = {
        "airflowConfigurationOptions": "AirflowConfigurationOptions",
        "environmentClass": "EnvironmentClass",
        "executionRoleArn": "ExecutionRoleArn",
    }
    tags = TagCalls()
    create_calls = 4

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        """An environment stays in its subnets; its security groups can change."""
        moved = changed & {"networkConfiguration"} if _subnets(old) != _subnets(new) else frozenset()
        return super().replaces(scope, old, new, changed) | moved

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        groups = {"securityGroupIds": inputs["networkConfiguration"]["securityGroupIds"]}
        return super().update_params(scope, {**inputs, "networkConfiguration": groups}, outputs)

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        """Waits until Airflow is there: its packages take half a minute, once."""
        while (found := api("GetEnvironment", Name=outputs["name"])["Environment"])["Status"] == "CREATING":
            time.sleep(LOOK)
        if found["Status"] != "AVAILABLE":
            why = found.get("LastUpdate", {}).get("Error", {}).get("ErrorMessage", "It gives no reason.")
            raise api.refuse("CreateEnvironment", why, found["Status"])
        outputs.update(self._picked({**self.computed, **self.refreshed}, found))


def _subnets(inputs: Props) -> Any:
    return (inputs.get("networkConfiguration") or {}).get("subnetIds")
