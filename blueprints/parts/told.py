"""What every environment tells of itself: the values of its record that its parts do not decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.core import environment as env

if TYPE_CHECKING:
    from mlops_iac.components.compute.batch import BatchCompute
    from mlops_iac.components.monitoring.cloudwatch import Monitoring

CALLER: Final = "caller"
"""Credentials of a service that is used with the client's own AWS credentials."""


def tell_foundation(foundation: Foundation, monitoring: Monitoring) -> dict[str, Any]:
    """Whose it is, where it is, what it keeps data in, and where one sees how it goes."""
    site, lake = foundation.site, foundation.lake.ref
    store = env.Store(
        bucket=as_any(lake.bucket),
        zones=dict(lake.zones),
        key_arn=as_any(lake.key_arn or ""),
        adopted=True if foundation.lake.nodes is None else None,
        retention=lake.retention,
    )
    return {
        "team": site.team,
        "environment": site.environment,
        "blueprint": site.blueprint,
        "region": site.region,
        "account_id": site.account_id,
        "stores": {env.LAKE: store},
        "alerts_topic_arn": foundation.alerts.ref.arn,
        "dashboard": monitoring.dashboard_name,
    }


def tell_queues(queues: BatchCompute | None) -> dict[str, env.Queue]:
    """By name; none where there are none."""
    return {
        name: env.Queue(queue=as_any(queue.queue_arn), job_definition=as_any(queue.job_definition_arn))
        for name, queue in (queues.queues if queues else {}).items()
    }


def tell_lake(foundation: Foundation, role_arn: pulumi.Input[str]) -> env.Service:
    """The lake as a service. ``role_arn`` is of the role of jobs, which read it and write it."""
    lake = foundation.lake.ref
    return env.Service(
        endpoint=as_any(lake.uri("")),
        credentials=as_any(role_arn),
        client=as_any({"AWS_REGION": foundation.site.region, "MLOPS_IAC_BUCKET": lake.bucket}),
    )


def as_any(value: Any) -> Any:
    """An Output where the record says text: the record is read back only after all values are known."""
    return value
