"""A program in a view of its own: files as `mounts` shows them, a network as far as `reach` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlops_iac.cloud import loopback_only
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.gate import Gate
from mlops_iac.cloud.jobs.mounts import (
    NO_ISOLATION,
    NO_MOUNTS,
    NO_PROCESSES,
    Bind,
    can_isolate,
    can_mount,
    can_separate,
    show_python,
)
from mlops_iac.cloud.jobs.process import GRACE, Process
from mlops_iac.cloud.jobs.reach import Reach
from mlops_iac.cloud.jobs.workspace import Workspace


def enter(
    gateway: Gateway,
    program: Sequence[str],
    environment: PythonEnvironment,
    workspace: Workspace,
    reach: Reach,
    variables: Mapping[str, str],
    on_line: Callable[[str], None],
    *,
    folder: str,
    shown: Sequence[Bind] = (),
    grace: float = GRACE,
    plug: tuple[int, str] | None = None,
    hostname: str | None = None,
    shared_memory: int | None = None,
) -> Process:
    """The program's process, not started yet. What this machine cannot enforce is the first thing in its log.

    ``folder``: where it starts, as AWS says it. ``shown``: what else of the machine it sees. ``plug``: the process
    into whose bridge its network is plugged, and its address there. ``hostname``: left out, the machine's.
    ``shared_memory``: MiB of /dev/shm; left out, as many as the kernel gives. Variables and words of the program may
    name /opt/ml.
    """
    view, offline = workspace.view, not reach.internet and can_isolate()
    everything = {name: view.rewrite(value) for name, value in variables.items()}
    for lack in find_lacks(workspace, reach):
        on_line(f"mlops-iac: {lack}")
    if not reach.internet and not offline:
        everything |= loopback_only.in_python(workspace.aside, everything)
    gate = Gate(gateway, reach) if offline and reach.anything else None
    command = view.command(
        [view.rewrite(word) for word in program],
        folder,
        shown=[*show_python(*environment.folders), *shown],
        offline=offline,
        gate=(gate.theirs, gate.port) if gate else None,
        plug=plug,
        hostname=hostname,
        shared_memory=shared_memory,
    )
    return Process(command, everything, on_line, grace=grace, gate=gate)


def begin(process: Process) -> None:
    """Raises JobFailed where this machine cannot start it."""
    try:
        process.start()
    except OSError as error:
        raise JobFailed(f"The job could not be started: {error}") from error


def find_lacks(workspace: Workspace, reach: Reach) -> list[str]:
    """What this machine cannot give a program that a container would have."""
    lacks = [] if workspace.view.private else [NO_MOUNTS]
    lacks += [] if workspace.view.processes else [NO_PROCESSES]
    return [*lacks, *([] if reach.internet or can_isolate() else [NO_ISOLATION])]


def report() -> dict[str, str]:
    """For ``cloud status``: how jobs are kept apart from this machine."""
    return {
        "files": "jobs see a root of their own" if can_mount() else NO_MOUNTS,
        "processes": "jobs see their own processes" if can_separate() else NO_PROCESSES,
        "network": "jobs have a network of their own" if can_isolate() else NO_ISOLATION,
    }
