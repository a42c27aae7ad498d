"""``python -m mlops_iac.cloud.serve HOME``: the embedded cloud's own process. `EmbeddedCloud.start` runs it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from mlops_iac.cloud.server import Server

WITHOUT_IAM = "--without-iam"
USAGE = f"usage: python -m mlops_iac.cloud.serve HOME [{WITHOUT_IAM}]"

LOOK_EVERY = 2.0
"""Seconds between two looks at whether the folder is still this process's."""


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM, SIGINT or ``POST /_mlops-iac/stop``; then save and exit."""
    enforced = WITHOUT_IAM not in arguments
    places = [each for each in arguments if each != WITHOUT_IAM]
    if len(places) != 1:
        print(USAGE, file=sys.stderr)
        return 2
    _prepare_process()
    from mlops_iac.cloud import (
        address,
        athena,
        autoscaling,
        budgets,
        compliance,
        endpoints,
        feature_store,
        guardrails,
        jobs,
        mlflow,
        postgres,
        schedules,
        spark,
        telemetry,
        trail,
        vectors,
        warehouse,
    )  # fmt: skip
    from mlops_iac.cloud.home import RECORD
    from mlops_iac.cloud.loopback_only import forbid_other_connections
    from mlops_iac.cloud.server import Server

    forbid_other_connections()
    parts = (
        jobs,
        endpoints,
        mlflow,
        feature_store,
        athena,
        vectors,
        warehouse,
        postgres,
        spark,
        guardrails,
        telemetry,
        schedules,
        autoscaling,
        trail,
        budgets,
        compliance,
    )
    server = Server(Path(places[0]).absolute(), installs=[part.install for part in parts])
    server.gateway.iam.enforced = enforced
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stopping.set())
    endpoint = server.listen()
    record = server.home.path / RECORD
    address.write(record, endpoint, iam=enforced)  # others may go on: their requests wait for the state
    server.restore()
    logging.getLogger("mlops_iac.cloud").info("Serving %s at %s.", server.home.path, endpoint)
    while server.home.is_ours() and not server.stopping.wait(LOOK_EVERY):
        pass
    if not server.home.is_ours():
        return _leave(server)
    server.stop()
    record.unlink(missing_ok=True)
    return 0


def _leave(server: Server) -> int:
    """End what runs and save nothing: the folder is gone, or it is another process's by now."""
    log = logging.getLogger("mlops_iac.cloud")
    log.warning("%s was deleted or taken over; nothing is left to serve.", server.home.path)
    server.stopping.set()  # so that nothing is saved any more
    server.gateway.tell("stop")
    return 0


def _prepare_process() -> None:
    """Private files, UTC (moto's naive dates are UTC), and a log without secrets or requests."""
    os.umask(0o077)
    os.environ["TZ"] = "UTC"
    time.tzset()
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        del os.environ[name]
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("mlops_iac").setLevel(logging.INFO)


def _end(code: int) -> NoReturn:
    """Everything is saved: taking a thousand modules apart again would take seconds and change nothing."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _end(main(sys.argv[1:]))
