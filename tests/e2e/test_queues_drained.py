"""What waits or runs on the stack's queues ends with the environment, and nothing else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.runs.drain import drain
from tests.support import tiny_environment as tiny

pytestmark = pytest.mark.slow

SLEEP = {"command": ["python3", "-c", "import time; time.sleep(300)"]}


def test_only_the_stack_s_own_containers_are_terminated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiny, "STACK", tiny.STACK + "    batch: {{enabled: true}}\n")
    with tiny.tiny_environment(tmp_path / "project", "step-functions") as project:
        backend = EmbeddedBackend(project.folder, "tiny-dev")
        environment, clients = backend.environment(), backend.clients()
        assert environment is not None
        batch, queue = clients("batch"), environment.queues["cpu"]

        def submit(stack: str, **more: Any) -> str:
            asked = {"jobQueue": queue.queue, "jobDefinition": queue.job_definition, "containerOverrides": SLEEP}
            answer = batch.submit_job(jobName="sleep", tags={STACK_TAG: stack}, **asked, **more)
            return str(answer["jobId"])

        ours = [submit("tiny-dev"), submit("tiny-dev"), submit("tiny-dev", arrayProperties={"size": 3})]
        other = submit("another-dev")
        assert "3 running containers" in drain(environment, clients)
        status = {job["jobId"]: job["status"] for job in batch.describe_jobs(jobs=[*ours, other])["jobs"]}
        assert [status[job] for job in ours] == ["FAILED"] * 3
        assert status[other] != "FAILED"
        assert drain(environment, clients) == ()
