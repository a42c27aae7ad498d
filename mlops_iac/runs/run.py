"""A run as it is told: what it was started with, how far its steps are, what came out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from mlops_iac.core.approvals import Answer

RunStatus = Literal["running", "succeeded", "refused", "failed", "stopped", "timed-out"]
"""``refused``: every job did its work, and a gate or a person did not let the model pass."""

StepStatus = Literal[
    "waiting", "running", "succeeded", "refused", "failed", "stopped", "timed-out", "skipped", "reused"
]
"""``skipped``: the run ended before this step's turn; ``timed-out``: a job was stopped at its time limit, or nobody
answered an approval; ``reused``: its work was taken over from a run before."""

TIME_LIMIT: Final = re.compile(
    r"(?:MaxRuntimeExceeded.*)?longer than its MaxRuntimeInSeconds \((\d+)\)|MaxRuntimeExceeded"
    r"|Job attempt duration exceeded timeout|^States\.Timeout\b"
)
"""How the reason of a job tells that it was stopped at its time limit: SageMaker's, Batch's, Step Functions' words."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One training of a tuning step."""

    name: str
    """Of its training job."""
    status: StepStatus
    hyperparameters: Mapping[str, str]
    """Those that were searched."""
    metric: str = ""
    objective: float | None = None
    """None while it has none, and when its log never showed one."""
    best: bool = False
    """No other has a better objective so far."""
    reason: str = ""
    """Why it failed."""


@dataclass(frozen=True, kw_only=True)
class StepRun:
    name: str
    kind: str
    status: StepStatus = "waiting"
    started: datetime | None = None
    ended: datetime | None = None
    job: str | None = None
    """Of a step that is a job: a SageMaker job's name, or what Batch calls its job once that has been submitted, with
    spaces between them where a step has several; of Spark, the application's id and the job's, with a slash."""
    job_kind: str = ""
    """``processing``, ``training``, ``transform``, ``tune``, ``map``, ``batch`` or ``spark``. Empty for a step that is
    no job."""
    attempts: int = 1
    """How often it was begun so far; more than once where its `retry` says so."""
    reused_from: str = ""
    """The run before that did the same, whose work it took over."""
    reason: str = ""
    """Why it failed, in the cloud's words."""
    answer: Answer | None = None
    """What a person said, for an approval."""
    trials: tuple[Trial, ...] = ()
    """The trainings of a step that tunes."""
    settings: str = ""
    """Where a stack file says its machines: ``instances.train``. Empty when the step does not tell."""
    asked: datetime | None = None
    """When a step that goes on was asked about, by its cloud's clock. None: now, by this machine's."""

    @property
    def seconds(self) -> float | None:
        """How long it took, or takes so far; None when it has not started."""
        if self.started is None:
            return None
        return max(0.0, ((self.ended or self.asked or datetime.now(UTC)) - self.started).total_seconds())


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One condition of a gate: a metric against its bound."""

    metric: str
    passed: bool
    value: float | None = None
    """None when the evaluation lacks the metric."""
    bound: str = ""
    """``>= 0.97``"""
    fault: str = ""
    """Why the metric could not be compared at all, with the file's name."""

    def __str__(self) -> str:
        if self.fault:
            return self.fault.removesuffix(".")
        value = "missing" if self.value is None else f"{self.value:g}"
        return f"{self.metric} is {value}" + (f", the gate wants {self.bound}" if self.bound else "")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate said."""

    passed: bool
    conditions: tuple[Finding, ...] = ()
    """Empty when the gate does not tell."""

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.conditions if not one.passed)

    @property
    def fault(self) -> str:
        """Why something could not be compared at all; empty when everything could."""
        return "; ".join(str(one) for one in self.conditions if one.fault)

    def __str__(self) -> str:
        told = self.failed or self.conditions
        return "; ".join(dict.fromkeys(map(str, told))) or ("passed" if self.passed else "refused")


@dataclass(frozen=True, kw_only=True)
class Run:
    id: str
    pipeline: str
    stack: str
    handle: str
    """What the orchestrator knows it by: the execution's ARN."""
    status: RunStatus
    started: datetime
    ended: datetime | None = None
    code: str = ""
    """Sha of the packed code."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[StepRun, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    gate: Verdict | None = None
    model_package_arn: str | None = None
    error: str = ""
    """Error and cause that ended it, in the cloud's words."""
    asked: datetime | None = None
    """When a run that goes on was asked about, by its cloud's clock. None: now, by this machine's."""

    @property
    def is_over(self) -> bool:
        return self.status != "running"

    @property
    def seconds(self) -> float:
        return max(0.0, ((self.ended or self.asked or datetime.now(UTC)) - self.started).total_seconds())

    @property
    def failed_step(self) -> StepRun | None:
        return next((step for step in self.steps if step.status in ("failed", "refused", "timed-out", "stopped")), None)

    def to_json(self, *, steps: bool = True) -> dict[str, Any]:
        """Plain JSON; times in ISO 8601, UTC. A list of runs is read without their ``steps``, so it has no such key."""
        body = {**_plain(asdict(self)), "seconds": _rounded(self.seconds)}
        if not steps:
            del body["steps"]
            return body
        told = [{**_plain(asdict(step)), "seconds": _rounded(step.seconds)} for step in self.steps]
        return {**body, "steps": told}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in values.items() if key != "asked"}
    return {key: time_text(value) if isinstance(value, datetime) else value for key, value in shown.items()}


def time_text(value: datetime) -> str:
    """ISO 8601 in UTC, as `--json` has it: ``2026-11-21T08:15:30Z``."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
