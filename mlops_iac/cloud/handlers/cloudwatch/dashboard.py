"""aws:cloudwatch/dashboard:Dashboard."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Dashboard(Resource):
    """PutDashboard makes and changes, GetDashboard, DeleteDashboards. A read refreshes the body."""

    type = "aws:cloudwatch/dashboard:Dashboard"
    service = "cloudwatch"
    create_op, read_op, update_op, delete_op = "PutDashboard", "GetDashboard", "PutDashboard", "DeleteDashboards"
    documents = frozenset({"dashboardBody"})
    required = frozenset({"dashboardBody"})
    name_input, name_limit, prefix_input = "dashboardName", 255, ""
    id_from = "dashboardName"
    key = {"DashboardName": "dashboardName"}
    formats = {"dashboardArn": "arn:{partition}:cloudwatch::{account}:dashboard/{dashboardName}"}
    refreshed = {"dashboardBody": "DashboardBody"}
    upserts = True

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe("DeleteDashboards", DashboardNames=[outputs["dashboardName"]])
