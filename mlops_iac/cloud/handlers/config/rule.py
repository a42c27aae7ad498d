"""aws:cfg/rule:Rule."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Rule(Resource):
    """PutConfigRule makes and changes, DescribeConfigRules, DeleteConfigRule. Managed rules only, those of
    `cloud/compliance/managed.py`, without parameters; others are refused. They are evaluated on what this cloud holds
    whenever something has changed and somebody asks."""

    type = "aws:cfg/rule:Rule"
    service = "config"
    create_op, read_op, update_op, delete_op = (
        "PutConfigRule",
        "DescribeConfigRules",
        "PutConfigRule",
        "DeleteConfigRule",
    )
    wrapped = "ConfigRule"
    renames = {"name": "ConfigRuleName"}
    documents = frozenset({"inputParameters"})
    required = frozenset({"source"})
    name_limit, prefix_input = 128, ""
    key = {"ConfigRuleName": "name"}
    computed = {"arn": "ConfigRuleArn", "ruleId": "ConfigRuleId"}
    refreshed = {
        "description": "Description",
        "scope": "Scope.{tagKey: TagKey, tagValue: TagValue, complianceResourceTypes: ComplianceResourceTypes, "
        "complianceResourceId: ComplianceResourceId}",
        "source": "Source.{owner: Owner, sourceIdentifier: SourceIdentifier}",
    }
    tags = TagCalls(key=("ResourceArn", "arn"), list="ListTagsForResource")
    upserts = True
    create_calls = 2

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs.update(self._picked(self.computed, self.fetch(api, scope, outputs)))

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        return self._params(self.update_op, {key: value for key, value in inputs.items() if key != "tags"})

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("DescribeConfigRules", ConfigRuleNames=[outputs["name"]])
        return next(iter(answer["ConfigRules"]), None) if answer else None
