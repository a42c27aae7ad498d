"""aws:scheduler/scheduleGroup:ScheduleGroup."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

CONFLICT = "ConflictException"


class ScheduleGroup(Resource):
    """CreateScheduleGroup, GetScheduleGroup, DeleteScheduleGroup, which deletes the schedules in it. Only tags change
    in place."""

    type = "aws:scheduler/scheduleGroup:ScheduleGroup"
    service = "scheduler"
    create_op, read_op, delete_op = "CreateScheduleGroup", "GetScheduleGroup", "DeleteScheduleGroup"
    key = {"Name": "name"}
    computed = {"arn": "ScheduleGroupArn || Arn"}
    initial = {"state": "ACTIVE"}
    formats = {"arn": "arn:{partition}:scheduler:{region}:{account}:schedule-group/{name}"}
    tags = TagCalls(key=("ResourceArn", "arn"), list="ListTagsForResource")
    create_calls = 2

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        if self.fetch(api, scope, inputs):
            raise api.refuse("CreateScheduleGroup", f"Schedule group {inputs['name']} already exists.", CONFLICT)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if self.fetch(api, scope, outputs):
            super().remove(api, scope, outputs)
