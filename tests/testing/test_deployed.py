"""A deployed environment in a test: what goes wrong is raised, in the words of what went wrong."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.backends.recording import RecordingBackend
from mlops_iac.core.errors import CloudError, ConfigError, PlanError
from mlops_iac.engine.event import Op, Result, Step, StepFailed
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up


def ended(**changes: Any) -> Result:
    return Result(**{"steps": (), "changes": {}, "outputs": {}, "seconds": 0.1, **changes})


def failed(name: str, reason: str) -> StepFailed:
    step = Step(op=Op.CREATE, urn=f"urn:pulumi:a-dev::mlops-iac::aws:s3/bucket:Bucket::{name}", type="", name=name)
    return StepFailed(step=step, error=CloudError("Cloud refused a request.", reason), seconds=0.1)


def test_an_environment_that_does_not_come_up_names_every_resource_and_its_reason():
    failures = (failed("lake-bucket", "BucketAlreadyExists: taken"), failed("images-repository", "LimitExceeded: full"))
    backend = RecordingBackend({"up": ended(outcome="failed", failures=failures)}, stack="a-dev")
    with pytest.raises(CloudError) as caught:
        bring_up(backend)  # type: ignore[arg-type]
    told = str(caught.value)
    assert told.startswith("a-dev did not come up.")
    for words in ("lake-bucket: ", "BucketAlreadyExists: taken", "images-repository: ", "LimitExceeded: full"):
        assert words in told


def test_a_program_that_raises_is_raised_as_it_is():
    wrong = ConfigError("Unknown key.")
    backend = RecordingBackend({"up": ended(outcome="failed", error=wrong)})
    with pytest.raises(ConfigError) as caught:
        bring_up(backend)  # type: ignore[arg-type]
    assert caught.value is wrong


def test_what_was_cancelled_did_not_come_up():
    with pytest.raises(CloudError, match="It was cancelled"):
        bring_up(RecordingBackend({"up": ended(outcome="cancelled")}))  # type: ignore[arg-type]


def test_what_cannot_be_destroyed_is_left_as_it_is():
    backend = RecordingBackend({"destroy-preview": ended(outcome="failed", error=PlanError("It is protected."))})
    with pytest.raises(PlanError, match="protected"):
        DeployedEnvironment(backend, ended()).destroy()  # type: ignore[arg-type]
    assert backend.asked == ["destroy-preview"]
