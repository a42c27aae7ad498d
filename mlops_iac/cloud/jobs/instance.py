"""One instance of a SageMaker job: a folder, a log and a process of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_iac.cloud.jobs.workspace import Workspace
from mlops_iac.core.script_mode import host_name

if TYPE_CHECKING:
    from mlops_iac.cloud.jobs.process import Process
    from mlops_iac.cloud.jobs.sagemaker_job import Run


@dataclass(frozen=True)
class Program:
    """What an instance runs."""

    command: Sequence[str]
    variables: Mapping[str, str]


class Instance:
    """``number`` 0 is the first, which AWS calls ``algo-1``."""

    def __init__(self, run: Run, number: int) -> None:
        self.number, self.name = number, host_name(number)
        self.workspace: Workspace = run.host.workspace()
        self.log = run.host.log(run.group, f"{run.name}/{self.name}-{int(time.time())}", run.clients)
        self.on_line: Callable[[str], None] = self.log.write
        self.process: Process | None = None
        self.command: Sequence[str] = ()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.running

    def stop(self, grace: float | None = None) -> None:
        """SIGTERM now, SIGKILL after ``grace`` seconds (two minutes), without waiting for it."""
        if self.process is not None and self.running:
            threading.Thread(target=self.process.stop, args=(grace,), name="job stop", daemon=True).start()

    def close(self, *, deliver: bool = True, failed: bool = False) -> None:
        self.log.close(deliver=deliver)
        self.workspace.remove(failed=failed)
