"""Redshift Serverless: namespaces, workgroups, limits and tags. Tables are written by each statement itself, before a
save: `tests/cloud/warehouse/test_keeping.py` holds them."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud import warehouse
from tests.cloud.kept.world import World, plain


class Warehouses(World):
    stores = frozenset(
        {
            "redshift-serverless.limits",
            "redshift-serverless.namespaces",
            "redshift-serverless.tags",
            "redshift-serverless.workgroups",
        }
    )
    installs = (warehouse.install,)

    def begin(self) -> None:
        self.redshift = self.client("redshift-serverless")
        self.groups: list[dict[str, Any]] = []
        self._make()

    def _make(self) -> None:
        name = f"kept-{self.new_name()}"
        self.redshift.create_namespace(namespaceName=name)
        made = self.redshift.create_workgroup(workgroupName=name, namespaceName=name, baseCapacity=8)["workgroup"]
        self.redshift.create_usage_limit(resourceArn=made["workgroupArn"], usageType="serverless-compute", amount=5)
        self.groups.append(made)

    def _resize(self) -> None:
        name = self.chance.choice(self.groups)["workgroupName"]
        self.redshift.update_workgroup(workgroupName=name, baseCapacity=8 * self.chance.randint(1, 60))

    def _tag(self) -> None:
        arn = self.chance.choice(self.groups)["workgroupArn"]
        self.redshift.tag_resource(resourceArn=arn, tags=[{"key": "round", "value": self.new_name()}])

    def _delete(self) -> None:
        if len(self.groups) > 1:
            name = self.groups.pop()["workgroupName"]
            self.redshift.delete_workgroup(workgroupName=name)
            self.redshift.delete_namespace(namespaceName=name)

    def act(self) -> None:
        self.one_of((self._make, self._resize, self._resize, self._tag, self._delete))

    def seen(self) -> Any:
        client = self.client("redshift-serverless")
        groups = client.list_workgroups()["workgroups"]
        tags = [client.list_tags_for_resource(resourceArn=one["workgroupArn"])["tags"] for one in groups]
        found = [client.list_namespaces()["namespaces"], groups, tags, client.list_usage_limits()["usageLimits"]]
        return plain(found)
