"""A training job's checkpoints: what lies in S3 is there when it starts, and what it writes goes to S3 as it runs.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.s3_transfer import S3Uri, Source, download, has_objects, upload_file

log = logging.getLogger("mlops_iac.cloud.jobs")

USUAL: Final = "/opt/ml/checkpoints"
EVERY: Final = 1.0
"""Seconds between two looks at the folder."""

Look = dict[str, tuple[int, int]]
"""File to its size and the time of its last change."""


class Checkpoints:
    """The two sides of one job's checkpoints.

    While the job runs, a file is sent when it looks the same twice: one that is being written would arrive cut. What is
    there when the job ends is sent as it is.
    """

    def __init__(self, s3: Any, folder: Path, target: S3Uri, key_id: str | None) -> None:
        self._s3, self._folder, self._target, self._key_id = s3, folder, target, key_id
        self._sent: Look = {}
        self._seen: Look = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Fetch what there is, and follow the folder. Raises JobFailed."""
        if has_objects(self._s3, str(self._target)):
            download(self._s3, Source(str(self._target)), self._folder)
        self._sent = self._look()
        self._thread.start()

    def end(self) -> None:
        """The job is over, or was interrupted: send what is left. Raises JobFailed."""
        self._over.set()
        self._thread.join()
        self._send(self._look())

    def _follow(self) -> None:
        while not self._over.wait(EVERY):
            try:
                self._send(self._seen)
                self._seen = self._look()
            except JobFailed as failure:  # the end says so
                log.warning("Checkpoints are not synchronised: %s", failure.reason)

    def _send(self, before: Look) -> None:
        for name, look in self._look().items():
            if self._sent.get(name) != look and before.get(name) == look:
                upload_file(self._s3, self._folder / name, self._target / name, self._key_id)
                self._sent[name] = look

    def _look(self) -> Look:
        found: Look = {}
        for file in sorted(self._folder.rglob("*")):
            try:
                if file.is_file() and not file.is_symlink():
                    status = file.stat()
                    found[file.relative_to(self._folder).as_posix()] = (status.st_size, status.st_mtime_ns)
            except OSError:  # it went away meanwhile
                continue
        return found


def checkpoints_of(record: Mapping[str, Any], s3: Any, real: Any) -> Checkpoints | None:
    """None for a job that has none. ``real`` turns a path that the job sees into the one here."""
    asked = record.get("CheckpointConfig")
    if not asked:
        return None
    folder: Path = real(asked.get("LocalPath", USUAL))
    folder.mkdir(parents=True, exist_ok=True)
    return Checkpoints(s3, folder, S3Uri.parse(asked["S3Uri"]), record["OutputDataConfig"].get("KmsKeyId"))
