"""Sees each request that was answered, and passes on what the history or a trail keeps."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_iac.clients import DEFAULT_ACCOUNT
from mlops_iac.cloud.iam.callers import Principal, access_key_of
from mlops_iac.cloud.trail.event import event_of, objects_of
from mlops_iac.cloud.trail.kinds import is_data, only_reads
from mlops_iac.cloud.wire import Answer, AwsError, Request

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.trail.delivery import Delivery
    from mlops_iac.cloud.trail.history import History

log = logging.getLogger("mlops_iac.cloud")


class Witness:
    """Reads nothing of a request that nobody keeps: most only read, and are many."""

    def __init__(self, gateway: Gateway, history: History, delivery: Delivery) -> None:
        self._gateway, self._history, self._delivery = gateway, history, delivery

    def see(self, request: Request, answer: Answer) -> None:
        service, operation = request.service, request.operation
        if not service or not operation:
            return
        kept = not is_data(service, operation) and not only_reads(service, operation)
        trails = self._delivery.wanting(request, objects_of(request, ""))
        if not kept and not trails:
            return
        who = self._who(request)
        if who is None:
            return  # a stranger has no account in whose history it could stand
        event = event_of(request, answer, who, datetime.now(UTC))
        if kept:
            self._history.add(who.account, request.region, event)
        for arn in trails:
            self._delivery.add(arn, event)

    def _who(self, request: Request) -> Principal | None:
        key = access_key_of(request.environ, request.body)
        account = str(request.environ.get("HTTP_X_MOTO_ACCOUNT_ID", "")) or DEFAULT_ACCOUNT
        try:
            return self._gateway.iam.identify(request.environ, account, key)
        except AwsError:
            return None
