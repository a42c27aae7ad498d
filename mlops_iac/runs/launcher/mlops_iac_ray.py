"""Ray on the instances of one training: the first is the head and runs the script, the others work for it.

AWS's containers start no Ray, so the training entry point does, on each instance, with the ``ray`` that the team's
requirements bring. Addresses come from the names that SageMaker gives the instances.
Standard library only, Python 3.9 or newer.

https://docs.ray.io/en/latest/cluster/vms/user-guides/launching-clusters/on-premises.html
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

PORT = 6379
"""Ray's own usual port of a head."""
START = 300.0
"""Seconds that instances may take to find each other."""
LOOK = 2.0
MISSES = 3
"""Looks at a head that is gone before a worker ends."""
RAY = [sys.executable, "-m", "ray.scripts.scripts"]
OWN = "mlops_iac_ray"


def start(*arguments: str) -> None:
    """Start Ray's processes of this instance; ends the program when they do not."""
    command = [*RAY, "start", "--disable-usage-stats", *arguments]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        sys.exit(f"{OWN}: `ray start` failed; `ray` must be in requirements.txt")


def stop() -> None:
    subprocess.run([*RAY, "stop", "--force"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def is_there(address: str) -> bool:
    """Whether a head answers."""
    try:
        with socket.create_connection((address, PORT), timeout=LOOK):
            return True
    except OSError:
        return False


def wait_for_name(name: str) -> str:
    """The address of an instance, which may come up later than this one."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            return socket.gethostbyname(name)
        time.sleep(LOOK)
    sys.exit(f"{OWN}: {name} has no address after {START:.0f} seconds")


def work_for(head: str, own: str) -> None:
    """Be a worker until the head has gone."""
    until = time.monotonic() + START
    while not is_there(head):
        if time.monotonic() > until:
            sys.exit(f"{OWN}: no head at {head}:{PORT} after {START:.0f} seconds")
        time.sleep(LOOK)
    start(f"--address={head}:{PORT}", f"--node-ip-address={own}")
    print(f"{OWN}: works for {head}", flush=True)
    misses = 0
    while misses < MISSES:
        time.sleep(LOOK)
        misses = 0 if is_there(head) else misses + 1
    stop()


def wait_for_workers(count: int) -> None:
    """Until all instances are in the cluster."""
    script = f"""
import ray, time
ray.init(address="auto", logging_level="ERROR")
until = time.monotonic() + {START}
while sum(node["Alive"] for node in ray.nodes()) < {count}:
    if time.monotonic() > until:
        raise SystemExit("{OWN}: not all instances have joined after {START:.0f} seconds")
    time.sleep(0.5)
"""
    if subprocess.run([sys.executable, "-c", script], check=False).returncode:
        sys.exit(1)


@contextlib.contextmanager
def cluster(variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Variables for the script by which it finds the cluster. On all instances but the first it does not go in: the
    program ends here, when the first one has ended."""
    hosts, name = json.loads(variables["SM_HOSTS"]), variables["SM_CURRENT_HOST"]
    own = wait_for_name(name)
    if name != hosts[0]:
        work_for(wait_for_name(hosts[0]), own)
        sys.exit(0)
    start("--head", f"--port={PORT}", f"--node-ip-address={own}", "--include-dashboard=false")
    try:
        wait_for_workers(len(hosts))
        yield {"RAY_ADDRESS": f"{own}:{PORT}"}
    finally:
        stop()
