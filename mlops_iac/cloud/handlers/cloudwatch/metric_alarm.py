"""aws:cloudwatch/metricAlarm:MetricAlarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._shapes import Converter, input_shape
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props


class MetricAlarm(Resource):
    """PutMetricAlarm makes and changes, DescribeAlarms, DeleteAlarms. A read refreshes threshold, periods,
    actions and tags."""

    type = "aws:cloudwatch/metricAlarm:MetricAlarm"
    service = "cloudwatch"
    create_op, read_op, update_op, delete_op = "PutMetricAlarm", "DescribeAlarms", "PutMetricAlarm", "DeleteAlarms"
    renames = {"name": "AlarmName"}
    extras = frozenset({"metricQueries"})
    required = frozenset({"comparisonOperator", "evaluationPeriods"})
    defaults = {"actionsEnabled": True, "treatMissingData": "missing"}
    choices = {"treatMissingData": ("breaching", "ignore", "missing", "notBreaching")}
    name_limit, prefix_input = 255, ""
    key = {"AlarmName": "name"}
    read_item = "MetricAlarms[0]"
    formats = {"arn": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"}
    refreshed = {
        "actionsEnabled": "ActionsEnabled",
        "alarmActions": "AlarmActions",
        "alarmDescription": "AlarmDescription",
        "comparisonOperator": "ComparisonOperator",
        "evaluationPeriods": "EvaluationPeriods",
        "threshold": "Threshold",
    }
    tags = TagCalls(key=("ResourceARN", "arn"), list="ListTagsForResource")
    upserts = True

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        if inputs.get("metricQueries", UNKNOWN) is not UNKNOWN:
            self._queries(inputs)

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {**super().create_params(scope, inputs), **self._queries(inputs)}

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        return {**super().update_params(scope, inputs, outputs), **self._queries(inputs)}

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if changed - {"tags"} == {"metricQueries"}:  # the base does not see it in the call's shape
            known = {key: value for key, value in outputs.items() if self.honours(key)}
            api("PutMetricAlarm", **self.update_params(scope, known, outputs))

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        found = api("DescribeAlarms", AlarmNames=[outputs["name"]], AlarmTypes=["MetricAlarm"])["MetricAlarms"]
        return found[0] if found else None

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe("DeleteAlarms", AlarmNames=[outputs["name"]])

    def _queries(self, inputs: Props) -> dict[str, Any]:
        if not inputs.get("metricQueries"):
            return {}
        shape = input_shape("cloudwatch", "PutMetricAlarm").members["Metrics"]
        queries = [_nested(query) for query in inputs["metricQueries"]]
        return {"Metrics": Converter(self.type).convert(shape, queries, "metricQueries")}


def _nested(query: Mapping[str, Any]) -> dict[str, Any]:
    """Pulumi writes the metric flat; CloudWatch nests name, namespace and dimensions one level deeper."""
    metric = query.get("metric")
    if not isinstance(metric, Mapping):
        return dict(query)
    inner = {key: metric[key] for key in ("metricName", "namespace", "dimensions") if key in metric}
    outer = {key: value for key, value in metric.items() if key not in inner}
    rest = {key: value for key, value in query.items() if key != "metric"}
    return {**rest, "metricStat": {**outer, "metric": inner}}
