"""Usage limits of workgroups. They are kept and shown; no compute is metered here, so none is ever reached."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.warehouse.places import (
    LIMITS,
    SERVICE,
    SPELLING,
    WORKGROUPS,
    Key,
    Thing,
    conflict,
    here,
    invalid,
    key,
    missing,
)
from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

ACTIONS: Final = ("log", "emit-metric", "deactivate")
PERIODS: Final = ("daily", "weekly", "monthly")


class UsageLimits:
    """By id."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def install(self) -> None:
        for operation, answer in (
            ("CreateUsageLimit", self.create),
            ("GetUsageLimit", self.describe),
            ("ListUsageLimits", self.list),
            ("UpdateUsageLimit", self.update),
            ("DeleteUsageLimit", self.delete),
        ):
            self._gateway.instead(SERVICE, operation, self._gateway.holding(SERVICE, answer))

    @property
    def _store(self) -> dict[Key, Thing]:
        return self._gateway.store[LIMITS]

    def create(self, call: Call) -> dict[str, Any]:
        asked, id = call.params, str(uuid.uuid4())
        groups = {one["workgroupArn"] for one in here(call, self._gateway.store[WORKGROUPS])}
        if asked["resourceArn"] not in groups:
            raise missing("workgroup", asked["resourceArn"])
        made = {
            "usageLimitId": id,
            "usageLimitArn": call.arn(SERVICE, f"usagelimit/{id}"),
            "resourceArn": asked["resourceArn"],
            "usageType": asked["usageType"],
            "amount": asked["amount"],
            "period": asked.get("period") or "monthly",
            "breachAction": asked.get("breachAction") or "log",
        }
        _check(made)
        same = ("resourceArn", "usageType", "period")
        if any(all(one[name] == made[name] for name in same) for one in self._store.values()):
            raise conflict("There is a usage limit of this type and period already.")
        self._store[key(call, id)] = made
        return {"usageLimit": made}

    def describe(self, call: Call) -> dict[str, Any]:
        return {"usageLimit": self._get(call)}

    def list(self, call: Call) -> dict[str, Any]:
        wanted = call.params.get("resourceArn")
        found = [one for one in here(call, self._store) if wanted in (None, one["resourceArn"])]
        return paged("usageLimits", found, call.params, limit=100, spelling=SPELLING)

    def update(self, call: Call) -> dict[str, Any]:
        found = self._get(call)
        given = {one: call.params[one] for one in ("amount", "breachAction") if call.params.get(one) is not None}
        _check({**found, **given})
        found.update(given)
        return {"usageLimit": found}

    def delete(self, call: Call) -> dict[str, Any]:
        found = self._get(call)
        del self._store[key(call, found["usageLimitId"])]
        return {"usageLimit": found}

    def _get(self, call: Call) -> Thing:
        found = self._store.get(key(call, call.params["usageLimitId"]))
        if found is None:
            raise missing("usage limit", call.params["usageLimitId"])
        return found


def _check(limit: Thing) -> None:
    if limit["amount"] < 1:
        raise invalid(f"amount is {limit['amount']}; it is at least 1.")
    if limit["breachAction"] not in ACTIONS:
        raise invalid(f"breachAction is {limit['breachAction']}; it is one of {', '.join(ACTIONS)}.")
    if limit["period"] not in PERIODS:
        raise invalid(f"period is {limit['period']}; it is one of {', '.join(PERIODS)}.")
