"""``python -m tests.support.saboteur HOME``: the embedded cloud as its own process, with somebody in front to break it.

What is to go wrong stands in ``HOME/sabotage.json`` (`Plan`); each request that changes something is held against it,
and written to ``HOME/requests.log``, whatever becomes of it. Nothing of this is in the product: the server's gateway is
taken the place of before it is made.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlops_iac.cloud import serve, server, wire
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.wire import Answer, AwsError

SLOW = 6.0
"""Seconds: another command starts and fails meanwhile."""

SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "int": signal.SIGINT}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What goes wrong, and when."""

    kind: str
    """``kill``, ``term``, ``int`` (a signal for ``pid``), ``int-twice``, ``throttle``, ``error500``, ``drop`` (carried
    out and not answered), ``slow`` (`SLOW` seconds late)."""
    at: int
    """The first changing request, counted from 0 since the plan was made, with which it happens."""
    times: int = 1
    """With how many requests in a row."""
    after: bool = True
    """Of signals: whether the request is carried out before."""
    pid: int = 0
    number: int = 0
    """Tells one plan from the next."""


class Sabotaged(Gateway):
    """The gateway of this process."""

    _counting = threading.Lock()
    _number, _count = -1, 0

    def _answer(self, environ: dict[str, Any]) -> Answer:
        if environ.get("PATH_INFO", "").startswith("/_mlops-iac/"):
            return super()._answer(environ)
        request = wire.read(environ, wire.read_body(environ))  # and it can be read again
        if not request.changes:
            return super()._answer(environ)
        plan = self._plan_for(f"{request.service}:{request.operation}")
        return self._sabotaged(plan, request) if plan else super()._answer(environ)

    def _plan_for(self, what: str) -> Plan | None:
        """The plan, when this request is one of those it is about."""
        with self._counting:
            with (self.home / "requests.log").open("a") as log:
                log.write(what + "\n")
            plan = read_plan(self.home)
            if plan is None:
                return None
            if plan.number != self._number:
                self._number, self._count = plan.number, 0
            self._count += 1
            return plan if plan.at <= self._count - 1 < plan.at + plan.times else None

    def _sabotaged(self, plan: Plan, request: wire.Request) -> Answer:
        if plan.kind == "throttle":
            return wire.serialise_error(request, AwsError("ThrottlingException", "Rate exceeded", 400))
        if plan.kind == "error500":
            return wire.serialise_error(request, AwsError("InternalFailure", "Something broke.", 500))
        if plan.kind == "slow":
            time.sleep(SLOW)
            return super()._answer(request.environ)
        before = plan.kind in SIGNALS and not plan.after
        if before:
            self._signal(plan)
        answer = super()._answer(request.environ) if not (before and plan.kind == "kill") else None
        if answer is None or plan.kind == "drop":
            raise ConnectionAbortedError  # the server then closes the connection without a word
        if not before:
            self._signal(plan)
        return answer

    @staticmethod
    def _signal(plan: Plan) -> None:
        if plan.kind == "int-twice":
            os.kill(plan.pid, signal.SIGINT)
            time.sleep(0.5)
        os.kill(plan.pid, SIGNALS.get(plan.kind, signal.SIGINT))
        time.sleep(0.2)  # the process has it before the answer comes


def read_plan(home: Path) -> Plan | None:
    try:
        return Plan(**json.loads((home / "sabotage.json").read_text()))
    except FileNotFoundError:
        return None


def write_plan(home: Path, plan: Plan | None) -> None:
    """At once or not at all: the cloud reads it at any moment."""
    path = home / "sabotage.json"
    if plan is None:
        path.unlink(missing_ok=True)
        return
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({**asdict(plan), "number": time.monotonic_ns()}))
    draft.replace(path)


def main(arguments: list[str]) -> int:
    server.Gateway = Sabotaged  # type: ignore[misc]
    return serve.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
