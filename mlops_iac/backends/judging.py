"""Policies over an operation: what they say of a preview, and that an `up` which breaks one does not begin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mlops_iac.engine.event import Result, Step
from mlops_iac.policy.checking import report
from mlops_iac.policy.finding import Report
from mlops_iac.policy.resource import resources_of
from mlops_iac.program.policies import StackPolicies, read_policies
from mlops_iac.program.stack_program import StackProgram


class Judge:
    """Of one stack. One whose project asked for no policies finds nothing."""

    def __init__(self, policies: StackPolicies | None) -> None:
        self.policies = policies

    @classmethod
    def of(cls, program: StackProgram, *, runs_own: bool = True) -> Judge:
        """``runs_own=False`` leaves the company's own folder alone. Raises ConfigError."""
        return cls(read_policies(program.root, program.stack, program.config, runs_own=runs_own))

    def report(self, steps: Iterable[Step], outputs: Mapping[str, Any]) -> Report | None:
        if self.policies is None:
            return None
        found = report(resources_of(steps), self.policies.settings, outputs)
        return replace(found, not_run=self.policies.not_run)

    def refuse(self, steps: Iterable[Step], outputs: Mapping[str, Any]) -> None:
        """Raises PolicyError when what these steps lead to breaks a policy that refuses."""
        found = self.report(steps, outputs)
        if found is not None and found.error is not None:
            raise found.error

    def foresee(self, result: Result, whole: Result | None = None) -> Result:
        """A preview, with what policies say of it. Whoever shows it says how it ends.

        ``whole``: the preview of the whole stack, where ``result`` is of a part. Policies look at what stands beside a
        resource, so a part is judged as what it is a part of.
        """
        judged = whole or result
        if result.error or judged.error:
            return result
        return replace(result, policy=self.report(judged.steps, judged.outputs))

    def conclude(self, result: Result, whole: Result | None = None) -> Result:
        """An `up` that has gone well and turns out to break a policy with what nobody knew before is no success."""
        if result.error or result.outcome != "succeeded":
            return result
        judged = self.foresee(result, whole)
        error = judged.policy.error if judged.policy else None
        return replace(judged, error=error, outcome="failed") if error else judged
