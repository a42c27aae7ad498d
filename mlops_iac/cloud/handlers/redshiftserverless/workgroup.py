"""aws:redshiftserverless/workgroup:Workgroup."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers.redshiftserverless.namespace import TAGS


class Workgroup(Resource):
    """CreateWorkgroup, GetWorkgroup, UpdateWorkgroup, DeleteWorkgroup. Nothing listens at its endpoint: it is asked
    through the Redshift Data API. Capacity and parameters are kept, and change nothing."""

    type = "aws:redshiftserverless/workgroup:Workgroup"
    service = "redshift-serverless"
    create_op, read_op = "CreateWorkgroup", "GetWorkgroup"
    update_op, delete_op = "UpdateWorkgroup", "DeleteWorkgroup"
    references = {"subnetIds": "subnet", "securityGroupIds": "security group"}
    required = frozenset({"namespaceName", "workgroupName"})
    name_input, name_limit, prefix_input = "workgroupName", 64, ""
    replace_on = frozenset({"namespaceName"})
    id_from = "workgroupName"
    key = {"workgroupName": "workgroupName"}
    item = "workgroup"
    computed = {
        "arn": "workgroupArn",
        "workgroupId": "workgroupId",
        "baseCapacity": "baseCapacity",
        "port": "port",
        "trackName": "trackName",
        "endpoints": "endpoint && [endpoint]",
    }
    refreshed = {
        "baseCapacity": "baseCapacity",
        "maxCapacity": "maxCapacity",
        "enhancedVpcRouting": "enhancedVpcRouting",
        "publiclyAccessible": "publiclyAccessible",
        "securityGroupIds": "securityGroupIds",
        "subnetIds": "subnetIds",
    }
    tags = TAGS
    create_calls = 5
