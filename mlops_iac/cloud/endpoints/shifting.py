"""An update that shifts the traffic bit by bit: both fleets answer, alarms are watched, and one of them takes it back.

Time is the cloud's clock, so ``mlops-iac cloud advance`` ends a bake.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from mlops_iac.cloud.busy import waiting_for_clock
from mlops_iac.cloud.endpoints.fleet import Fleet
from mlops_iac.cloud.endpoints.guardrails import Guardrails, Phase
from mlops_iac.cloud.endpoints.turns import Turns
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.records import now

LOOK_EVERY: Final = 5.0
"""Seconds between two looks at the alarms when nothing rang."""
RINGS: Final = "deployments"
"""The bell of all deployments: an alarm changed, the clock was moved, the cloud stops."""
STOPPED: Final = "The endpoint was deleted, or the embedded cloud stopped."


def install(gateway: Gateway) -> None:
    """Wake deployments for what they wait for."""
    gateway.on_news(lambda news: gateway.bells.ring(RINGS) if news.kind == "alarm" else None)
    gateway.on_moved(lambda: gateway.bells.ring(RINGS))


class Shift:
    """One update, from the first request to the new fleet to the last one to the old."""

    def __init__(self, new: Fleet, guardrails: Guardrails, gateway: Gateway, cloudwatch: Callable[[], Any]) -> None:
        """``cloudwatch`` is a client in the role that reads the alarms."""
        self.new, self.share = new, 0.0
        self._guardrails, self._gateway, self._cloudwatch = guardrails, gateway, cloudwatch
        self._turns = Turns()

    def choose(self, old: Fleet) -> Fleet:
        """Whose turn the next request is."""
        return (old, self.new)[self._turns.next((1 - self.share, self.share))]

    def run(self, tell: Callable[[Phase, str], None], is_over: Callable[[], bool]) -> str:
        """Go through all phases; answers why it must be taken back, or nothing. ``tell`` hears of each phase."""
        moment = now()
        for phase in self._guardrails.phases:
            tell(phase, "ActivatingTraffic")
            self.share = phase.share
            tell(phase, "Baking")
            # Waits follow one another by the clock, however late a look at it comes.
            moment += timedelta(seconds=phase.seconds)
            if fault := self._bake(moment, is_over):
                self.share = 0.0
                return fault
        return ""

    def _bake(self, until: datetime, is_over: Callable[[], bool]) -> str:
        while True:
            bell = self._gateway.bells.bell(RINGS)
            if is_over():
                return STOPPED
            if fault := self._find_alarm():
                return fault
            left = (until - now()).total_seconds()
            if left <= 0:
                return ""
            with waiting_for_clock():
                bell.wait(min(left, LOOK_EVERY))

    def _find_alarm(self) -> str:
        """What takes the update back; empty when no alarm does."""
        names = list(self._guardrails.alarms)
        if not names:
            return ""
        client = self._cloudwatch()
        try:
            found = client.describe_alarms(AlarmNames=names)["MetricAlarms"]
        except client.exceptions.ClientError as error:
            return f"The alarms of the deployment could not be read: {error.response['Error']['Message']}"
        for alarm in found:
            if alarm["StateValue"] == "ALARM":
                return f"Alarm {alarm['AlarmName']} is in ALARM: {alarm['StateReason']}"
        missing = sorted(set(names) - {alarm["AlarmName"] for alarm in found})
        return f"There is no alarm {missing[0]}, which should guard the deployment." if missing else ""
