"""A budget that is spent denies new jobs, here as on AWS: by a policy on the roles, which IAM enforces."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from tests.support.leftovers import find_leftovers
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

BUDGET = "tiny-dev-monitoring-budget"
ROLE = "tiny-dev-training-role"


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyEnvironment]:
    with tiny_environment(tmp_path / "project", "step-functions", options="over_budget: deny-jobs\n") as made:
        yield made


def clients_of(tiny: TinyEnvironment) -> Any:
    return EmbeddedBackend(tiny.folder, "tiny-dev").clients()


def attached(tiny: TinyEnvironment) -> list[str]:
    found = clients_of(tiny)("iam").list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    return [one["PolicyName"] for one in found]


def limit(tiny: TinyEnvironment, dollars: str) -> None:
    """As somebody does in the console: a budget of a few runs of a tiny team cannot be said in whole dollars."""
    budgets, account = clients_of(tiny)("budgets"), {"AccountId": "123456789012"}
    known = budgets.describe_budget(**account, BudgetName=BUDGET)["Budget"]
    kept = {key: known[key] for key in ("BudgetName", "BudgetType", "TimeUnit", "CostFilters")}
    budgets.update_budget(**account, NewBudget={**kept, "BudgetLimit": {"Amount": dollars, "Unit": "USD"}})


def until(tiny: TinyEnvironment, wanted: list[str]) -> None:
    ends = time.monotonic() + 60
    while attached(tiny) != wanted:
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_no_new_job_starts_while_the_budget_is_spent(tiny: TinyEnvironment):
    stop = ["tiny-dev-budget-stop-policy"]
    tiny.run("run", "tiny-dev", "--follow")
    assert attached(tiny) == []
    limit(tiny, "0.00001")
    until(tiny, stop)
    tiny.run("run", "tiny-dev", "--follow", code=1)
    error = json.loads(tiny.run("runs", "show", "tiny-dev", "last", "--json"))["error"]
    assert "sagemaker:CreateProcessingJob" in error
    assert "explicit deny" in error
    assert "no new job starts" in tiny.run("cost", "tiny-dev", "--actual")

    tiny.run("cloud", "stop")  # what is attached, and why, is kept
    assert attached(tiny) == stop
    limit(tiny, "100")  # raised
    until(tiny, [])
    limit(tiny, "0.00001")
    until(tiny, stop)
    tiny.run("cloud", "advance", "32d")  # another month
    until(tiny, [])
    tiny.run("run", "tiny-dev", "--follow", code=1)  # its first job spends this month's budget
    until(tiny, stop)

    clients = clients_of(tiny)
    told = json.loads(tiny.run("destroy", "tiny-dev", "--yes", "--json"))
    assert told["left"] == []
    assert find_leftovers(clients, "tiny-dev") == []
