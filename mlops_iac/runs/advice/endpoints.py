"""What the machines behind endpoints took, and what would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from mlops_iac.clients import Clients
from mlops_iac.core.prices import HOURS
from mlops_iac.runs.advice.one import Allowed, StepAdvice, offered, saved
from mlops_iac.runs.advice.sizing import FEWEST, Sizing, find_better
from mlops_iac.runs.advice.use import Measured, read_points, use_of
from mlops_iac.runs.serving import Served, Variant
from mlops_iac.runs.spent import created, sum_of

ENDPOINT_HOURS: Final = 24
"""For which an endpoint must have been there before anything is advised about its machines."""
SURE: Final = 7 * 24
"""Hours from which on the advice is sure: all days of a week are in them."""


def advise_endpoints(
    clients: Clients, served: Sequence[Served], since: datetime, now: datetime, allowed: Allowed
) -> Iterator[StepAdvice]:
    for one in served:
        start = max(since, created(clients, one.endpoint))
        for variant in one.variants:
            if variant.instance_type and not variant.shadow:
                yield _advise_variant(clients, one, variant, start, now, allowed)


def _advise_variant(
    clients: Clients, served: Served, variant: Variant, start: datetime, now: datetime, allowed: Allowed
) -> StepAdvice:
    dimensions = {"EndpointName": served.endpoint, "VariantName": variant.name}
    asked = Measured(namespace="/aws/sagemaker/Endpoints", dimensions=dimensions, start=start, end=now)
    (points,) = read_points(clients, [asked])
    use, hours = use_of(points, variant.instance_type), int((now - start) / timedelta(hours=1))
    asks = sum_of("Invocations", clients, served, variant.name, start, now)
    if hours < ENDPOINT_HOURS or not asks:
        why = "nobody has asked it" if not asks else f"{hours} of {ENDPOINT_HOURS} hours that tell enough"
        sizing = Sizing(verdict="unknown", why=why)
    else:
        sizing = find_better(variant.instance_type, use, FEWEST, offered("endpoint"), clients.region, allowed)
    an_hour = saved(variant.instance_type, sizing.better, clients.region)
    month = None if an_hour is None else an_hour * variant.instances * HOURS
    return StepAdvice(
        where=f"{served.endpoint} {variant.name}", kind="endpoint", instance_type=variant.instance_type,
        instances=variant.instances, jobs=hours, use=use, sizing=sizing,
        confidence="none" if sizing.verdict == "unknown" else "some" if hours < SURE else "good",
        saves_a_month=month,
    )  # fmt: skip
