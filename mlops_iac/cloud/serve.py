"""``python -m mlops_iac.cloud.serve HOME``: the embedded cloud's own process. `EmbeddedCloud.start` runs it."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

USAGE = "usage: python -m mlops_iac.cloud.serve HOME"


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM, SIGINT or ``POST /_mlops-iac/stop``; then save and exit."""
    if len(arguments) != 1:
        print(USAGE, file=sys.stderr)
        return 2
    home = Path(arguments[0]).absolute()
    _prepare_process()
    from mlops_iac.cloud import endpoints, jobs
    from mlops_iac.cloud.loopback_only import forbid_other_connections
    from mlops_iac.cloud.server import Server

    forbid_other_connections()
    server = Server(home, installs=(jobs.install, endpoints.install))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stopping.set())
    endpoint = server.listen()
    record = home / "cloud.json"
    _write_record(record, endpoint)  # others may go on: their requests wait for the state
    server.restore()
    logging.getLogger("mlops_iac.cloud").info("Serving %s at %s.", home, endpoint)
    server.stopping.wait()
    server.stop()
    record.unlink(missing_ok=True)
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


def _write_record(path: Path, endpoint: str) -> None:
    from mlops_iac.cloud.server import write_private

    write_private(path, json.dumps({"pid": os.getpid(), "endpoint": endpoint, "started": time.time()}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
