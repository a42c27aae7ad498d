"""What a run's scripts logged with MLflow's own client: the files of its file store, which their jobs left in the lake.

It runs on AWS Lambda, beside the tracker's function. They are below ``mlflow/<step>/``: of a training in its
``output.tar.gz``, of any other job in the run's folder. Below that: ``<experiment>/<run>/`` with ``meta.yaml``,
``params/<name>``, ``tags/<name>``, ``metrics/<name>`` (lines of time, value, step) and ``artifacts/``, as every version
of MLflow writes them: https://github.com/mlflow/mlflow/blob/v3.4.0/mlflow/store/tracking/file_store.py
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

FOLDER = "mlflow"
ARCHIVE = "/output/output.tar.gz"
TEXTS = ("metrics", "params", "tags")
PARENT, NOTE = "mlflow.parentRunId", "mlflow.note.content"

LARGEST_TEXT = 4 * 1024 * 1024
MOST_FILES = 20_000
"""Of one job: what scripts wrote is read within bounds."""
AT_ONCE = 16
TRIAL = re.compile(r"-\d{3,}-[0-9a-z]{8}$")
"""What SageMaker adds to a tuning job's name for each training of it."""


class Failed(Exception):
    pass


@dataclass
class JobRun:
    """One run of MLflow's client in one job."""

    step: str
    id: str
    meta: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, list[tuple[float, int, int]]] = field(default_factory=dict)
    """Name to values, each with its milliseconds since 1970 and its step."""
    artifacts: list[str] = field(default_factory=list)
    """Paths below the run's artifacts."""

    @property
    def parent(self) -> str:
        return self.tags.get(PARENT, "")

    @property
    def own_tags(self) -> dict[str, str]:
        """Without those that MLflow gives to each run by itself."""
        return {name: value for name, value in self.tags.items() if name == NOTE or not name.startswith("mlflow.")}

    def take(self, path: str, text: bytes) -> None:
        """One file of the run."""
        kind, _, name = path.partition("/")
        said = text.decode("utf-8", "replace")
        if path == "meta.yaml":
            lines = (line.partition(": ") for line in said.splitlines())
            self.meta = {key: value.strip("'\"") for key, found, value in lines if found}
        elif kind == "params":
            self.parameters[name] = said.rstrip("\n")
        elif kind == "tags":
            self.tags[name] = said.rstrip("\n")
        elif kind == "metrics":
            self.metrics[name] = [*points(said)]


def points(text: str) -> Iterator[tuple[float, int, int]]:
    """Lines of ``time value [step …]``; one that was cut off when the job was killed is left out."""
    for line in text.splitlines():
        words = line.split(" ")
        try:
            yield float(words[1]), int(words[0]), int(words[2]) if len(words) > 2 else 0
        except (IndexError, ValueError):
            continue


@dataclass
class Reader:
    """What can be read once, from its beginning: an archive that comes cannot go back, and does not say so."""

    body: Any

    def read(self, size: int = -1) -> bytes:
        content: bytes = self.body.read(size)
        return content


class Place(Protocol):
    """Where one job left files."""

    @property
    def trial(self) -> str:
        """What a tuning calls it; empty for all other jobs."""
        ...

    def files(self) -> Iterator[tuple[str, str, Any]]:
        """Step, path below its store, and what it says, or what opens it where it is no text."""
        ...


@dataclass
class Folder:
    s3: Any
    bucket: str
    prefix: str
    """With the step's name."""
    keys: list[str]
    trial: str = ""

    def files(self) -> Iterator[tuple[str, str, Any]]:
        """Texts are fetched at once, as there may be thousands of a few bytes."""
        step = self.prefix.split("/")[-2]
        texts = [key for key in self.keys if is_text(key.removeprefix(self.prefix))]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for key, text in zip(texts, pool.map(self.read, texts), strict=True):
                yield step, key.removeprefix(self.prefix), text
        for key in self.keys:
            if not is_text(key.removeprefix(self.prefix)):
                yield step, key.removeprefix(self.prefix), partial(self.open, key)

    def open(self, key: str) -> Any:
        return Reader(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"])

    def read(self, key: str) -> bytes:
        text: bytes = self.open(key).read(LARGEST_TEXT)
        return text


@dataclass
class Archive:
    s3: Any
    bucket: str
    key: str

    @property
    def trial(self) -> str:
        job = self.key.split("/")[-3]
        return job if TRIAL.search(job) else ""

    def files(self) -> Iterator[tuple[str, str, Any]]:
        """Read as it comes: what else a training left beside it may be large."""
        body = self.s3.get_object(Bucket=self.bucket, Key=self.key)["Body"]
        try:
            with tarfile.open(fileobj=body, mode="r|gz") as archive:
                for member in archive:
                    top, _, below = member.name.removeprefix("./").partition("/")
                    step, _, path = below.partition("/")
                    if top == FOLDER and member.isfile():
                        content = Reader(archive.extractfile(member))
                        yield step, path, content.read(LARGEST_TEXT) if is_text(path) else partial(Reader, content)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise Failed(f"{self.key} cannot be read: {error}") from error


def is_text(path: str) -> bool:
    """Whether a path below the store is one of the small files that say what was logged."""
    parts = path.split("/")
    return (len(parts) == 3 and parts[2] == "meta.yaml") or (len(parts) > 3 and parts[2] in TEXTS)


def find_places(s3: Any, bucket: str, folder: str) -> list[Place]:
    """``folder``: the run's, with its slash."""
    own, archives = f"{folder}{FOLDER}/", []
    kept: dict[str, list[str]] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
        for key in (one["Key"] for one in page.get("Contents", ())):
            if key.startswith(own):
                kept.setdefault(key.removeprefix(own).split("/")[0], []).append(key)
            elif key.endswith(ARCHIVE) and key.count("/") == folder.count("/") + 2:
                archives.append(key)
    return [
        *(Archive(s3, bucket, key) for key in archives),
        *(Folder(s3, bucket, f"{own}{step}/", keys[:MOST_FILES]) for step, keys in kept.items()),
    ]


def read_runs(place: Place) -> list[JobRun]:
    """The runs of one job, the first one first; those that its script deleted are none."""
    found: dict[str, JobRun] = {}
    for number, (step, path, content) in enumerate(place.files()):
        experiment, _, rest = path.partition("/")
        run, _, inner = rest.partition("/")
        if number == MOST_FILES:
            break
        if experiment == ".trash" or run in ("", "meta.yaml", "models", "tags"):
            continue
        one = found.setdefault(run, JobRun(step, run))
        if inner.startswith("artifacts/"):
            one.artifacts.append(inner.removeprefix("artifacts/"))
        elif is_text(path):
            one.take(inner, content)
    kept = [one for one in found.values() if one.meta and one.meta.get("lifecycle_stage") != "deleted"]
    return sorted(kept, key=lambda one: (int(one.meta.get("start_time") or 0), one.id))


def read_artifacts(place: Place, runs: dict[str, str]) -> Iterator[tuple[str, str, Any]]:
    """Of these runs: the value that stands for the run, the path below its artifacts, and what opens it."""
    for _, path, content in place.files():
        run, _, inner = path.partition("/")[2].partition("/")
        if run in runs and inner.startswith("artifacts/"):
            yield runs[run], inner.removeprefix("artifacts/"), content
