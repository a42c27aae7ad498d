"""An API that lets in by keys: which, how often, how many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.apigateway.throttle import Buckets
from tests.cloud.apigateway.conftest import Lab


class Keyed:
    """An API with a plan and a key."""

    def __init__(self, lab: Lab, **plan: Any) -> None:
        self.lab, self.gateway = lab, lab.clients("apigateway")
        self.api = lab.make_api(auth="api-key")
        stages = [{"apiId": self.api, "stage": "live"}]
        self.plan = self.gateway.create_usage_plan(name="plan", apiStages=stages, **plan)["id"]
        self.key = self.gateway.create_api_key(name="shop", enabled=True)
        self.gateway.create_usage_plan_key(usagePlanId=self.plan, keyId=self.key["id"], keyType="API_KEY")

    def ask(self, value: str | None = None) -> tuple[int, Any]:
        answer = self.lab.ask(self.api, headers={"x-api-key": self.key["value"] if value is None else value})
        return answer.status, answer.body


FORBIDDEN = (403, {"message": "Forbidden"})


def test_a_key_of_the_apis_plan_lets_in(lab: Lab) -> None:
    keyed = Keyed(lab)
    assert keyed.ask()[0] == 200
    assert lab.ask(keyed.api).body == {"message": "Forbidden"}


def test_no_other_key_does(lab: Lab) -> None:
    keyed, other = Keyed(lab), Keyed(lab)
    assert keyed.ask("x" * 40) == FORBIDDEN
    assert keyed.ask(other.key["value"]) == FORBIDDEN
    keyed.gateway.update_api_key(
        apiKey=keyed.key["id"], patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}]
    )
    assert keyed.ask() == FORBIDDEN
    other.gateway.delete_api_key(apiKey=other.key["id"])
    assert other.ask() == FORBIDDEN


def test_a_change_that_is_wrong_in_a_part_changes_nothing(lab: Lab) -> None:
    keyed = Keyed(lab, quota={"limit": 5, "period": "DAY"})

    def op(path: str, value: str) -> dict[str, str]:
        return {"op": "replace", "path": path, "value": value}

    wrong = [op("/enabled", "false"), op("/value", "x" * 40)]
    with pytest.raises(ClientError, match="Invalid patch path"):
        keyed.gateway.update_api_key(apiKey=keyed.key["id"], patchOperations=wrong)
    assert keyed.ask()[0] == 200
    wrong = [op("/quota/limit", "1"), op("/quota/period", "YEAR")]
    with pytest.raises(ClientError, match="period must be one of"):
        keyed.gateway.update_usage_plan(usagePlanId=keyed.plan, patchOperations=wrong)
    assert keyed.gateway.get_usage_plan(usagePlanId=keyed.plan)["quota"] == {"limit": 5, "period": "DAY"}


def test_a_value_is_read_by_who_asks_for_it_only(lab: Lab) -> None:
    keyed = Keyed(lab)
    assert "value" not in keyed.gateway.get_api_key(apiKey=keyed.key["id"])
    assert all("value" not in one for one in keyed.gateway.get_api_keys()["items"])
    assert keyed.gateway.get_api_key(apiKey=keyed.key["id"], includeValue=True)["value"] == keyed.key["value"]


def test_more_than_the_burst_at_once_are_too_many(lab: Lab) -> None:
    keyed = Keyed(lab, throttle={"rateLimit": 0.001, "burstLimit": 2})
    assert [keyed.ask()[0] for _ in range(3)] == [200, 200, 429]
    assert keyed.ask() == (429, {"message": "Too Many Requests"})


def test_a_quota_ends_and_begins_again_with_its_period(lab: Lab) -> None:
    keyed = Keyed(lab, quota={"limit": 2, "period": "DAY"})
    assert [keyed.ask()[0] for _ in range(2)] == [200, 200]
    assert keyed.ask() == (429, {"message": "Limit Exceeded"})
    usage = keyed.gateway.get_usage(usagePlanId=keyed.plan, startDate="2026-01-01", endDate="2026-01-01")
    assert usage["items"] == {keyed.key["id"]: [[2, 0]]}
    store = lab.cloud.gateway.store["apigateway.usage"]
    noted = store[keyed.plan, keyed.key["id"]]
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    store[keyed.plan, keyed.key["id"]] = {**noted, "period": f"DAY {yesterday}"}
    assert keyed.ask()[0] == 200


def test_what_was_throttled_uses_nothing_of_the_quota(lab: Lab) -> None:
    keyed = Keyed(lab, throttle={"rateLimit": 0.001, "burstLimit": 1}, quota={"limit": 5, "period": "MONTH"})
    assert [keyed.ask()[0] for _ in range(3)] == [200, 429, 429]
    assert lab.cloud.gateway.store["apigateway.usage"][keyed.plan, keyed.key["id"]]["requests"] == 1


def test_a_stage_throttles_everybody_together(lab: Lab) -> None:
    api, gateway = lab.make_api(), lab.clients("apigateway")
    change = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "0.001"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "1"},
    ]
    gateway.update_stage(restApiId=api, stageName="live", patchOperations=change)
    assert [lab.ask(api, clients=lab.clients).status for _ in range(2)] == [200, 429]


def test_a_bucket_fills_with_time_up_to_its_burst() -> None:
    now = [0.0]
    buckets = Buckets(lambda: now[0])
    assert [buckets.take("a", rate=2, burst=2) for _ in range(3)] == [True, True, False]
    now[0] = 0.5
    assert [buckets.take("a", rate=2, burst=2) for _ in range(2)] == [True, False]
    now[0] = 60
    assert [buckets.take("a", rate=2, burst=2) for _ in range(3)] == [True, True, False]
    assert buckets.take("b", rate=2, burst=1)


@pytest.mark.parametrize(("period", "first"), [("WEEK", "WEEK 2026-11-29"), ("MONTH", "MONTH 2026-11-01")])
def test_a_period_begins_on_a_sunday_or_on_the_first(period: str, first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlops_iac.cloud.apigateway import throttle

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 11, 30, 12, tzinfo=tz)

    monkeypatch.setattr(throttle, "datetime", Now)
    assert throttle._period({"period": period}) == first
