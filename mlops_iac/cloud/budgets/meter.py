"""What jobs and endpoints cost this month, by list prices: the bill that budgets look at.

A job counts when it ends, by its machines and the seconds that are billed; an endpoint with machines by the hours since
the month began, or since it is there. Serverless requests, storage and jobs on queues are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.news import News
from mlops_iac.core.metering import job_seconds, machines_of
from mlops_iac.core.prices import hourly

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "metered-jobs"
KINDS: Final = ("TrainingJob", "ProcessingJob", "TransformJob")
ENDED: Final = ("Completed", "Failed", "Stopped")

Tags = Mapping[str, str]


class Meter:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def install(self) -> None:
        self._gateway.on_news(self._hear)

    def spent(self, account_id: str, month: str, wanted: Tags | None) -> float:
        """US dollars of what carries one of these tags; None: of everything. ``month`` is ``2026-11``."""
        jobs = self._gateway.store[STORE].values()
        found = [one for one in jobs if (one["account"], one["month"]) == (account_id, month)]
        return sum(one["dollars"] for one in [*found, *self._endpoints(account_id, month)] if _has(one["tags"], wanted))

    def _hear(self, news: News) -> None:
        kind = next((kind for kind in KINDS if f"{kind}Name" in news.facts), None)
        if news.kind != "job" or kind is None or news.facts.get(f"{kind}Status") not in ENDED:
            return
        machines = machines_of(news.facts)
        price = hourly(str(machines.get("InstanceType", "")), news.region)
        if price is None:
            return
        now = datetime.now(UTC)
        hours = job_seconds(news.facts, now) / 3600
        arn = str(news.facts[f"{kind}Arn"])
        self._gateway.store[STORE][arn] = {
            "account": news.account_id,
            "month": month_of(now),
            "dollars": price.usual * hours * machines.get("InstanceCount", 1),
            "tags": self._tags(news.account_id, news.region, arn),
        }
        self._gateway.touch()

    def _tags(self, account_id: str, region: str, arn: str) -> dict[str, str]:
        found = self._gateway.clients(region, account_id)("sagemaker").list_tags(ResourceArn=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}

    def _endpoints(self, account_id: str, month: str) -> Iterator[dict[str, Any]]:
        """Those that answer now, in the regions in which something has run."""
        now = datetime.now(UTC)
        if month != month_of(now):
            return
        began = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        for region in sorted({arn.split(":")[3] for arn in self._gateway.store[STORE]}):
            sagemaker = self._gateway.clients(region, account_id)("sagemaker")
            for listed in sagemaker.list_endpoints(StatusEquals="InService")["Endpoints"]:
                found = sagemaker.describe_endpoint(EndpointName=listed["EndpointName"])
                config = sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
                hours = (now - max(began, found["CreationTime"].astimezone(UTC))).total_seconds() / 3600
                dollars = sum(_hourly(one, region) for one in config["ProductionVariants"]) * hours
                yield {"dollars": dollars, "tags": self._tags(account_id, region, found["EndpointArn"])}


def month_of(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def _hourly(variant: Mapping[str, Any], region: str) -> float:
    price = hourly(variant.get("InstanceType", ""), region)
    return price.usual * variant.get("InitialInstanceCount", 1) if price else 0.0


def _has(tags: Tags, wanted: Tags | None) -> bool:
    return wanted is None or any(tags.get(key) == value for key, value in wanted.items())
