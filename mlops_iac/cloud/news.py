"""What happens in the embedded cloud, told by the part that does it to those that publish it.

A part that runs something says so with ``gateway.tell_news(News(...))`` and knows nothing of metrics, events or alarms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["alarm", "api-request", "batch-job", "execution", "invocation", "job", "pipeline", "run"]


@dataclass(frozen=True, kw_only=True)
class News:
    kind: Kind
    """alarm: its state changed. api-request: an API answered somebody. batch-job, job: its status changed.
    execution: it started or ended. invocation: an endpoint answered, or refused. pipeline: an execution of SageMaker
    Pipelines has another status. run: a DAG's run is under way, or is over."""
    account_id: str
    region: str
    facts: Mapping[str, Any]
    """What AWS's Describe call answers for the thing; for a pipeline also ``before``, its last status.

    For an API's request: ``ApiName``, ``Stage``, ``status``, ``seconds``, and ``integration_seconds``, which is None
    where no endpoint was asked.

    For an invocation: ``EndpointName``, ``VariantName``, ``status`` (HTTP), ``instances`` of the
    variant (0: serverless, which has ``busy``, ``awake`` and ``most``), ``model_seconds`` (the model's), ``seconds``.
    """
