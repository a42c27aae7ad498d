"""Data in and out of the embedded cloud: its memory while objects of 1 GiB pass, and many small files against boto3."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.cloud.jobs.s3_transfer import Source, download
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core.environment import Environment
from mlops_iac.runs.data import put
from mlops_iac.runs.lake import write_arguments
from tests.benchmarks.measure import show
from tests.support.small_environment import make_environment, make_lake

GIB = 1024**3
FILES = 2000
REGION = "eu-west-1"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, cloud(Path(folder) / "cloud") as embedded:
        os.environ["MLOPS_IAC_CACHE"] = f"{folder}/cache"
        environment, clients = make_environment(), embedded.clients(REGION)
        make_lake(environment, clients)
        _large(embedded, environment, clients, Path(folder))
        _small(environment, clients, Path(folder))
        _stop(embedded)


@contextmanager
def cloud(home: Path) -> Iterator[EmbeddedCloud]:
    embedded = EmbeddedCloud(home)
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()


def _large(embedded: EmbeddedCloud, environment: Environment, clients: Clients, folder: Path) -> None:
    source = folder / "large.bin"
    with source.open("wb") as file:
        for _ in range(64):
            file.write(os.urandom(GIB // 64))
    began = time.perf_counter()
    list(put(environment, clients, source, "raw/"))
    show("put of 1 GiB (in parts)", time.perf_counter() - began, "s")
    with source.open("rb") as body:
        clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/whole.bin", Body=body)
    began = time.perf_counter()
    download(clients("s3"), Source(f"s3://{environment.lake.bucket}/raw/"), folder / "input")
    show("job input of 2 GiB", time.perf_counter() - began, "s")
    show("peak of the cloud's process", _peak(embedded), "MB", "must be at most 300")
    _save(embedded, "a save beside 2 GiB")
    embedded.stop()
    embedded.start()
    show("peak after a restart", _peak(embedded), "MB", "must be at most 300")
    source.unlink()


def _small(environment: Environment, clients: Clients, folder: Path) -> None:
    source = folder / "small"
    source.mkdir()
    for number in range(FILES):
        (source / f"{number:05}.csv").write_bytes(os.urandom(2000))
    plain, ours, wall = [], [], []
    for turn in range(2):  # in turn, so that a slow minute is slow for both
        plain.append(_cpu(lambda turn=turn: _by_boto3(environment, clients, source, f"raw/plain-{turn}/")))  # type: ignore[misc]
        began = time.perf_counter()
        ours.append(_cpu(lambda turn=turn: list(put(environment, clients, source, f"raw/ours-{turn}/"))))  # type: ignore[misc]
        wall.append(time.perf_counter() - began)
    show(f"put of {FILES:,} small files", min(wall), "s")
    show("  CPU a file", 1000 * min(ours) / FILES, "ms")
    show("  against a loop of put_object", min(ours) / min(plain), "", "must be at most 1.20")
    began = time.perf_counter()
    again = _cpu(lambda: list(put(environment, clients, source, "raw/ours-1/")))
    show("put again, unchanged", time.perf_counter() - began, "s", "must be at most 1.00")
    show("  its CPU", again, "s")


def _by_boto3(environment: Environment, clients: Clients, source: Path, prefix: str) -> None:
    arguments = write_arguments(environment)
    for file in sorted(source.iterdir()):
        with file.open("rb") as body:
            clients("s3").put_object(Bucket=environment.lake.bucket, Key=f"{prefix}{file.name}", Body=body, **arguments)


def _stop(embedded: EmbeddedCloud) -> None:
    embedded.clients(REGION)("ssm").put_parameter(Name="changed", Value="v", Type="String", Overwrite=True)
    began = time.perf_counter()
    embedded.stop()
    show("cloud stop, with a change to save", time.perf_counter() - began, "s", "must be at most 0.50")


def _save(embedded: EmbeddedCloud, name: str) -> None:
    embedded.clients(REGION)("ssm").put_parameter(Name="changed", Value="v", Type="String", Overwrite=True)
    began = time.perf_counter()
    embedded.save()
    show(name, time.perf_counter() - began, "s")


def _peak(embedded: EmbeddedCloud) -> float:
    """MB; the kernel's high-water mark."""
    running: Any = embedded.find()
    for line in Path(f"/proc/{running.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu(work: Callable[[], object]) -> float:
    """Seconds of this process; the cloud is another."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
