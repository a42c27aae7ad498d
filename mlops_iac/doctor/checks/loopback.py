"""Whether the embedded cloud can answer on this machine, and whether clients would find their way to it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import Subject

LOOPBACK = "127.0.0.1"
PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def check(subject: Subject) -> Iterator[Finding]:
    from mlops_iac.cloud.process import EmbeddedCloud

    try:
        port = _free_port()
    except OSError as error:
        yield failed(
            f"no port can be opened on {LOOPBACK}: {error.strerror}", "allow this person to listen on loopback."
        )
        return
    cloud = EmbeddedCloud(subject.home / "cloud")
    running = cloud.find() if subject.root is not None else None
    yield passed(f"the embedded cloud answers at {running.endpoint}" if running else f"{LOOPBACK} is free to listen on")
    if running and cloud.is_without_iam:
        yield warned("it was started with --without-iam: rights are not enforced", "`mlops-iac cloud stop` ends that.")
    proxy = next((name for name in PROXIES if os.environ.get(name)), "")
    direct = {word.strip() for name in ("NO_PROXY", "no_proxy") for word in os.environ.get(name, "").split(",")}
    if proxy and not direct & {LOOPBACK, "*"}:
        says = f"{proxy} is set, so other tools would ask that proxy for {LOOPBACK} (port {port}, say)"
        yield warned(says, f"export NO_PROXY={LOOPBACK},localhost; `mlops-iac env STACK` prints it with the others.")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(1)
        port: int = listener.getsockname()[1]
        return port
