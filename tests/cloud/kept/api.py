"""API Gateway: APIs with deployments and stages, plans with keys, and what is used of their quotas."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.gateway import Gateway
from tests.cloud.apigateway.conftest import Lab, Model
from tests.cloud.kept.world import World, plain


def with_a_model(gateway: Gateway) -> None:
    gateway.instead("sagemaker-runtime", "InvokeEndpoint", Model().invoke)


class Api(World):
    stores = frozenset({"apigateway.*"})
    installs = (with_a_model,)

    def begin(self) -> None:
        self.gateway = self.client("apigateway")
        self.lab = Lab(self.cloud, Model())
        self.apis: list[str] = []
        self.plans: list[str] = []
        self._api()
        self._plan()
        self._key()

    def _api(self) -> None:
        self.apis.append(self.lab.make_api(auth="api-key"))

    def _deploy(self) -> None:
        api = self.chance.choice(self.apis)
        self.lab.define(api, auth="api-key", timeout_ms=self.chance.randrange(1000, 29_000))
        made = self.lab.deploy(api)
        change = {"op": "replace", "path": "/deploymentId", "value": made}
        self.gateway.update_stage(restApiId=api, stageName="live", patchOperations=[change])

    def _ask(self) -> None:
        keys = self.gateway.get_api_keys(includeValues=True)["items"]
        if keys:
            value = self.chance.choice(keys)["value"]
            self.lab.ask(self.chance.choice(self.apis), headers={"x-api-key": value})

    def _plan(self) -> None:
        stages = [{"apiId": api, "stage": "live"} for api in self.apis]
        quota = {"limit": self.chance.randrange(1, 99), "period": "DAY"}
        self.plans.append(self.gateway.create_usage_plan(name=self.new_name(), apiStages=stages, quota=quota)["id"])

    def _key(self) -> None:
        key = self.gateway.create_api_key(name=self.new_name(), enabled=True)["id"]
        plan = self.chance.choice(self.plans)
        self.gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")

    def _revoke(self) -> None:
        for one in self.gateway.get_api_keys()["items"][:1]:
            change = {"op": "replace", "path": "/enabled", "value": "false"}
            self.gateway.update_api_key(apiKey=one["id"], patchOperations=[change])

    def _delete_key(self) -> None:
        for one in self.gateway.get_api_keys()["items"][-1:]:
            self.gateway.delete_api_key(apiKey=one["id"])

    def act(self) -> None:
        changes = (self._api, self._deploy, self._plan, self._key, self._revoke, self._delete_key)
        self.one_of((*changes, self._key, self._ask, self._ask, self._ask))

    def seen(self) -> Any:
        client = self.client("apigateway")
        apis = {
            one["id"]: [one, *(ask(restApiId=one["id"]) for ask in (client.get_stages, client.get_deployments))]
            for one in client.get_rest_apis()["items"]
        }
        days = {"startDate": "2026-01-01", "endDate": "2026-01-01"}
        plans = {
            one["id"]: [
                one,
                client.get_usage_plan_keys(usagePlanId=one["id"])["items"],
                client.get_usage(usagePlanId=one["id"], **days),
            ]
            for one in client.get_usage_plans()["items"]
        }
        return plain([apis, plans, client.get_api_keys(includeValues=True)["items"]])
