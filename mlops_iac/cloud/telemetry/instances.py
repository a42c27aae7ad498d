"""What instances take, published as SageMaker publishes it: /aws/sagemaker/ProcessingJobs, …TrainingJobs,
…TransformJobs and …Endpoints.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html: names, dimensions, ranges. CPUUtilization is
a hundred for each core that is busy; the others are shares of what the instance's type has. Here a job may take all
cores of this machine, whatever its type has. A data point covers a minute of a job (the whole of a shorter one), and
five of an endpoint, which is the longest period that SageMaker offers; its CPU is the mean, the rest the highest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlops_iac.cloud.jobs.usage import GpusTaken, can_measure, size_of_folder, taken_by, taken_of_gpus
from mlops_iac.cloud.telemetry.metrics import Datum, publish
from mlops_iac.core.machine_sizes import size_of

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.jobs.process import Process

EVERY: Final = 1.0
"""Seconds between two looks at the processes."""
MINUTE: Final = 60.0
OF_ENDPOINTS: Final = 300.0
"""Seconds that one data point covers."""
GIB: Final = 1024**3


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The instance that a process stands for."""

    namespace: str
    dimensions: Mapping[str, str]
    instance_type: str
    account_id: str
    region: str
    folder: Path
    """What it has on its disk."""
    volume_gib: float | None = None
    """The size of that disk. None: not known, so no share of it is published."""
    devices: Sequence[str] = ()
    """GPUs of this machine that it sees."""
    period: float = MINUTE


def job_host(namespace: str, name: str, instance: str) -> dict[str, str]:
    """The dimension of one of a job's instances; those of transform jobs have no number, but an instance's id."""
    if namespace.endswith("TransformJobs"):
        import hashlib

        instance = f"i-{hashlib.sha256(name.encode()).hexdigest()[:17]}"
    return {"Host": f"{name}/{instance}"}


@contextmanager
def measured(gateway: Gateway, process: Process, machine: Machine) -> Iterator[None]:
    """Publish what a process takes that is started within this, until it ends, or this does."""
    if not can_measure():
        yield
        return
    watch = Watch(gateway, process, machine)
    process.before_reaping(watch.end)
    threading.Thread(target=watch.live, name="instance metrics", daemon=True).start()
    try:
        yield
    finally:
        watch.end()


class Watch:
    """One process, from its start to its end."""

    def __init__(self, gateway: Gateway, process: Process, machine: Machine) -> None:
        self._gateway, self._machine, self._process = gateway, machine, process
        self._over, self._lock = threading.Event(), threading.Lock()
        self._begun, self._cpu_before, self._cpu = time.monotonic(), 0.0, 0.0
        self._memory, self._gpus = 0, GpusTaken(0.0, 0.0)
        self._saw, self._saw_gpus = False, False

    def live(self) -> None:
        while not self._over.wait(EVERY):
            with self._lock:
                if self._over.is_set():
                    return
                self._look()
                if time.monotonic() - self._begun >= self._machine.period:
                    self._publish()

    def end(self) -> None:
        """The last look, and the last data point. Only the first call does anything."""
        with self._lock:
            if not self._over.is_set():
                self._look()
                self._over.set()
                self._publish()

    def _look(self) -> None:
        seen = taken_by(self._process.pid) if self._process.running else None
        if seen is None:
            return
        self._saw = True
        self._cpu, self._memory = max(self._cpu, seen.cpu_seconds), max(self._memory, seen.memory_bytes)
        gpus = taken_of_gpus(self._machine.devices)
        if gpus:
            self._saw_gpus = True
            self._gpus = GpusTaken(max(self._gpus.busy, gpus.busy), max(self._gpus.memory, gpus.memory))

    def _publish(self) -> None:
        if not self._saw:
            return
        publish(self._gateway, self._machine.account_id, self._machine.region, self._data())
        self._begun, self._cpu_before = time.monotonic(), self._cpu
        self._memory, self._gpus = 0, GpusTaken(0.0, 0.0)
        self._saw, self._saw_gpus = False, False

    def _data(self) -> Iterator[Datum]:
        machine = self._machine
        seconds = max(time.monotonic() - self._begun, 0.01)
        size = size_of(machine.instance_type)
        yield self._percent("CPUUtilization", 100 * (self._cpu - self._cpu_before) / seconds)
        if size:
            yield self._percent("MemoryUtilization", 100 * self._memory / (size.memory_gib * GIB))
        if machine.volume_gib and not machine.namespace.endswith("TransformJobs"):
            disk = size_of_folder(machine.folder) / (machine.volume_gib * GIB)
            yield self._percent("DiskUtilization", 100 * disk)
        if self._saw_gpus:
            yield self._percent("GPUUtilization", self._gpus.busy)
            yield self._percent("GPUMemoryUtilization", self._gpus.memory)

    def _percent(self, name: str, value: float) -> Datum:
        return Datum(self._machine.namespace, name, value, self._machine.dimensions, "Percent")
