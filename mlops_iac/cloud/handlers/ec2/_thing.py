"""What EC2's resources share: generated ids, tags by CreateTags and DeleteTags, describes that take lists of ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._base import search as search_answer
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


@dataclass(frozen=True, kw_only=True)
class Ec2Tags(TagCalls):
    """EC2's own spelling: pairs to add and pairs to remove, for a list of ids."""

    def sync(
        self, api: Api, service: str, outputs: Mapping[str, Any], old: Mapping[str, str], new: Mapping[str, str]
    ) -> None:
        removed = [{"Key": key} for key in sorted(set(old) - set(new))]
        changed = [{"Key": key, "Value": value} for key, value in new.items() if old.get(key) != value]
        if removed:
            api("DeleteTags", Resources=[outputs["id"]], Tags=removed)
        if changed:
            api("CreateTags", Resources=[outputs["id"]], Tags=changed)


class Ec2Resource(Resource):
    """A resource whose id EC2 makes. After a crash it is found by its tags, when it has a ``Name`` among them, or by
    its place."""

    service = "ec2"
    name_input = ""
    id_from = "id"
    tag_type: ClassVar[str]
    """EC2's word for the type in TagSpecifications; the ARN's too."""
    ids_param: ClassVar[str]
    """The describe's parameter that takes the id."""
    parents: ClassVar[Mapping[str, str]] = {"vpcId": "vpc-id"}
    """Input to the describe's filter, to find what a create that was cut off made."""
    is_alone: ClassVar[bool] = False
    """What ``parents`` say can be true of one resource only: it is found without a ``Name``."""
    tags = Ec2Tags()
    extras = frozenset({"tags"})
    initial = {}

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        params = super().create_params(scope, inputs)
        if inputs.get("tags"):
            pairs = [{"Key": key, "Value": value} for key, value in inputs["tags"].items()]
            params["TagSpecifications"] = [{"ResourceType": self.tag_type, "Tags": pairs}]
        return params

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe(self.read_op, **{self.ids_param: [outputs["id"]]})
        return None if answer is None else search_answer(self.read_item, answer)

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        tags = inputs.get("tags") or {}
        placed = self.is_alone and all(inputs.get(key) for key in self.parents)
        if "Name" not in tags and not placed:
            return None
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        filters += [{"Name": name, "Values": [inputs[key]]} for key, name in self.parents.items() if inputs.get(key)]
        answer = self.api(scope, inputs)(self.read_op, Filters=filters)
        item = search_answer(self.read_item, answer)
        if not item:
            return None
        return self.read(scope, search_answer(self.computed["id"], item), inputs)
