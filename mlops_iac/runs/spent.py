"""What an environment has cost this month: on AWS by Cost Explorer, on the embedded cloud by a meter of its own.

The meter multiplies what ran with list prices: seconds of jobs by type of machine, hours of endpoints, seconds of
requests. What is stored, and what jobs on queues took, it does not know.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import STACK_TAG, Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.core.metering import job_seconds
from mlops_iac.core.prices import hourly, item
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.clock import read_time
from mlops_iac.runs.cost import JOBS, endpoint_cost
from mlops_iac.runs.pages import pages
from mlops_iac.runs.serving import Served, find_all_served

COST_EXPLORER, METER = "AWS Cost Explorer", "the embedded cloud's meter, at list prices"

UNASKED: Final = timedelta(days=7)
"""An endpoint with machines that nobody asked for so long is called idle; a younger one, since it is there."""

GRACE: Final = timedelta(hours=1)
"""In which an endpoint that is new is not called idle."""


NOT_ACTIVE: Final = (
    f"AWS knows no cost by the tag {STACK_TAG}: activate it as a cost allocation tag in the payer account's Billing"
    " console; figures come a day later, and from that day on."
)


@dataclass(frozen=True, kw_only=True)
class Line:
    what: str
    dollars: float | None
    """None where the price of a machine is not known."""

    def to_json(self) -> dict[str, Any]:
        return {"what": self.what, "dollars": self.dollars if self.dollars is None else round(self.dollars, 4)}


@dataclass(frozen=True, kw_only=True)
class Idle:
    """What costs, and nobody asks."""

    endpoint: str
    machines: str
    dollars_an_hour: float | None
    days: float
    """For how long nobody asked."""

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "days": round(self.days, 1)}


@dataclass(frozen=True, kw_only=True)
class Spent:
    stack: str
    source: str
    start: datetime
    end: datetime
    currency: str = "USD"
    lines: tuple[Line, ...] = ()
    idle: tuple[Idle, ...] = ()
    is_estimate: bool = False
    """AWS says of the current month that its figures may still change."""
    notes: tuple[str, ...] = field(default=())

    @property
    def total(self) -> float:
        return sum(line.dollars or 0.0 for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        span = {"from": f"{self.start:%Y-%m-%d}", "to": f"{self.end:%Y-%m-%d}"}
        said = {"source": self.source, "currency": self.currency, "estimate": self.is_estimate}
        lists = {"lines": [one.to_json() for one in self.lines], "idle": [one.to_json() for one in self.idle]}
        return {"stack": self.stack, **span, **said, "total": round(self.total, 4), **lists, "notes": list(self.notes)}


def read_spent(environment: Environment, clients: Clients) -> Spent:
    """This month so far. Raises CloudError when it is refused."""
    now = read_time(environment, clients)
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    served = [*find_all_served(environment, clients)]
    idle = tuple(find_idle(clients, served, now))
    if not clients.embedded:
        spent = ask_cost_explorer(environment.stack, clients, start, now, idle)
        return replace(spent, notes=(*spent.notes, *told_denials(environment.stack, clients)))
    lines = [
        *meter_jobs(environment.stack, clients, start, now),
        *meter_endpoints(environment, clients, served, start, now),
    ]
    notes = ("What is stored, and jobs on queues, are not metered here.", *told_denials(environment.stack, clients))
    return Spent(
        stack=environment.stack, source=METER, start=start, end=now, lines=tuple(lines), idle=idle, notes=notes
    )


@contextlib.contextmanager
def unseen_is_nothing() -> Iterator[None]:
    try:
        yield
    except CloudError as error:
        if "AccessDenied" not in error.code:
            raise


def told_denials(stack: str, clients: Clients) -> Iterator[str]:
    """A sentence for each budget of the stack whose action denies new jobs now; none for who may not see budgets."""
    budgets, account = clients("budgets"), {"AccountId": clients.account_id}
    with unseen_is_nothing(), calling("budgets:DescribeBudgets", stack):
        for budget in pages(budgets.describe_budgets, "Budgets", **account):
            name = budget["BudgetName"]
            if not name.startswith(f"{stack}-"):
                continue
            actions = budgets.describe_budget_actions_for_budget(**account, BudgetName=name)["Actions"]
            if any(action["Status"] == "EXECUTION_SUCCESS" for action in actions):
                limit = budget.get("BudgetLimit", {}).get("Amount", "?")
                yield (
                    f"{name} of {float(limit):,.2f} US dollars is spent: no new job starts until the next month, or "
                    "until `options.monthly_budget_usd` is raised (`over_budget: deny-jobs`)."
                )


def ask_cost_explorer(
    stack: str, clients: Clients, start: datetime, now: datetime, idle: tuple[Idle, ...] = ()
) -> Spent:
    """By service, by the tag of the stack, which must be active as a cost allocation tag: a cent for each question.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html (the end is exclusive)
    """
    end = now + timedelta(days=1)
    asked = {
        "TimePeriod": {"Start": f"{start:%Y-%m-%d}", "End": f"{end:%Y-%m-%d}"},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        "Filter": {"Tags": {"Key": STACK_TAG, "Values": [stack], "MatchOptions": ["EQUALS"]}},
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    }
    amounts: defaultdict[str, float] = defaultdict(float)
    currency, estimated = "USD", False
    with calling("ce:GetCostAndUsage", stack):
        listing = pages(clients("ce").get_cost_and_usage, "ResultsByTime", next_key="NextPageToken", **asked)
        for period in listing:
            estimated |= bool(period.get("Estimated"))
            for group in period.get("Groups", ()):
                cost = group["Metrics"]["UnblendedCost"]
                amounts[group["Keys"][0]] += float(cost["Amount"])
                currency = cost["Unit"]
    dearest = sorted(amounts.items(), key=lambda pair: -pair[1])
    lines = tuple(Line(what=service, dollars=amount) for service, amount in dearest if amount)
    notes = () if lines else (NOT_ACTIVE,)
    return Spent(
        stack=stack, source=COST_EXPLORER, start=start, end=now, currency=currency, lines=lines, idle=idle,
        is_estimate=estimated, notes=notes,
    )  # fmt: skip


def meter_jobs(stack: str, clients: Clients, start: datetime, now: datetime) -> Iterator[Line]:
    """Machine hours of SageMaker's jobs by kind and type of machine, of those that began this month."""
    for kind in JOBS:
        hours: defaultdict[str, float] = defaultdict(float)
        count: Counter[str] = Counter()
        for found in jobs_of(stack, clients, kind, start):
            machines = JOBS[kind][1](found)
            type, seconds = machines["InstanceType"], job_seconds(found, now)
            hours[type] += seconds * machines.get("InstanceCount", 1) / 3600
            count[type] += 1
        for type, used in sorted(hours.items()):
            price = hourly(type, clients.region)
            what = f"{count[type]} {kind} {'job' if count[type] == 1 else 'jobs'}: {used:.2f} hours of {type}"
            yield Line(what=what, dollars=price.usual * used if price else None)


def jobs_of(stack: str, clients: Clients, kind: str, start: datetime) -> Iterator[Mapping[str, Any]]:
    noun, client = JOBS[kind][0], clients("sagemaker")
    listing, describe = getattr(client, f"list_{kind}_jobs"), getattr(client, f"describe_{kind}_job")
    with calling(f"sagemaker:List{noun}s", stack):
        summaries = pages(listing, f"{noun}Summaries", NameContains=stack, CreationTimeAfter=start)
        names = [one[f"{noun}Name"] for one in summaries if one["CreationTime"] >= start]
    for name in names:
        if name.startswith(f"{stack}-"):
            with missing_is_nothing("ValidationException"), calling(f"sagemaker:Describe{noun}", name):
                yield describe(**{f"{noun}Name": name})


def meter_endpoints(
    environment: Environment, clients: Clients, served: list[Served], start: datetime, now: datetime
) -> Iterator[Line]:
    """Hours of the machines that an endpoint has now, since it is there; and requests, where it is paid by those."""
    for one in served:
        began = max(start, created(clients, one.endpoint))
        cost = endpoint_cost(one, clients.region)
        if cost.machines:
            used = max(0.0, (now - began).total_seconds() / 3600)
            price = cost.hourly
            machines = machines_in_words(cost.machines)
            what = f"{one.endpoint}: {machines} for {used:.1f} hours"
            yield Line(what=what, dollars=price * used if price is not None else None)
        else:
            yield meter_requests(environment, clients, one, began, now)


def meter_requests(environment: Environment, clients: Clients, served: Served, start: datetime, now: datetime) -> Line:
    """A serverless endpoint is paid by the second in which its model works, and by its memory; where some of it stays
    awake, by the second of that as well, as much as the environment keeps awake at least."""
    names = [variant.name for variant in served.variants]
    requests = sum(sum_of("Invocations", clients, served, name, start, now) for name in names)
    seconds = sum(sum_of("ModelLatency", clients, served, name, start, now) for name in names) / 1e6
    capacity = next((one.capacity for one in environment.endpoints.values() if one.name == served.endpoint), {})
    config = capacity.get("ServerlessConfig", {})
    memory, awake = config.get("MemorySizeInMB"), config.get("ProvisionedConcurrency", 0)
    what = f"{served.endpoint}: {requests:,.0f} requests, {seconds:,.1f} seconds of its model"
    price = item("serverless-awake-duration" if awake else "serverless", clients.region).usual * seconds
    if awake:
        since = (now - start).total_seconds()
        what += f", awake for {awake} at once for {since / 3600:.1f} hours"
        price += item("serverless-awake", clients.region).usual * awake * since
    return Line(what=what, dollars=price * memory / 1024 if memory else None)


def find_idle(clients: Clients, served: list[Served], now: datetime) -> Iterator[Idle]:
    """Endpoints with machines that nobody asks."""
    for one in served:
        cost = endpoint_cost(one, clients.region)
        since = max(now - UNASKED, created(clients, one.endpoint))
        if not cost.machines or now - since < GRACE:
            continue
        if not any(sum_of("Invocations", clients, one, variant.name, since, now) for variant in one.variants):
            days = (now - since).total_seconds() / 86400
            machines = machines_in_words(cost.machines)
            yield Idle(endpoint=one.endpoint, machines=machines, dollars_an_hour=cost.hourly, days=days)


def machines_in_words(machines: tuple[tuple[str, int], ...]) -> str:
    return " and ".join(f"{count} {type}" for type, count in machines)


def created(clients: Clients, endpoint: str) -> datetime:
    with calling("sagemaker:DescribeEndpoint", endpoint):
        found = clients("sagemaker").describe_endpoint(EndpointName=endpoint)["CreationTime"]
    return found.astimezone(UTC)


def sum_of(metric: str, clients: Clients, served: Served, variant: str, start: datetime, end: datetime) -> float:
    """Of an endpoint that was made this very second, too: CloudWatch refuses a time without a length."""
    dimensions = [{"Name": "EndpointName", "Value": served.endpoint}, {"Name": "VariantName", "Value": variant}]
    end = max(end, start + timedelta(minutes=1))
    with calling("cloudwatch:GetMetricStatistics", served.endpoint):
        found = clients("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker", MetricName=metric, Dimensions=dimensions, StartTime=start, EndTime=end,
            Period=86400, Statistics=["Sum"],
        )  # fmt: skip
    return float(sum(point["Sum"] for point in found.get("Datapoints", ())))
