"""What was asked of IAM since the cloud started: each distinct question once, with its answer. In memory only.

It is what tells which rights are used, which were missing, and, in the tests, that no right of a component is idle.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.cloud.iam.callers import Principal
from mlops_iac.cloud.iam.conditions import Keys
from mlops_iac.cloud.iam.evaluate import Decision

LIMIT: Final = 5_000
"""Distinct questions that are remembered; later ones are still answered, and counted."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One evaluation: everything that is needed to ask it again."""

    principal: Principal
    action: str
    resource: str
    resource_account: str
    keys: Keys
    decision: Decision


class Record:
    """Distinct questions with how often each was asked."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], tuple[Question, int]] = {}
        self._forgotten = 0
        self._lock = threading.Lock()

    def add(self, question: Question) -> None:
        decision = question.decision
        key = (
            question.principal.arn, question.action, question.resource, str(decision.allowed), decision.policy,
            decision.sid,
        )  # fmt: skip
        with self._lock:
            known = self._found.get(key)
            if known is None and len(self._found) >= LIMIT:
                self._forgotten += 1
                return
            self._found[key] = (known[0] if known else question, known[1] + 1 if known else 1)

    def questions(self) -> list[Question]:
        with self._lock:
            return [question for question, _ in self._found.values()]

    def clear(self) -> None:
        with self._lock:
            self._found.clear()
            self._forgotten = 0

    def shown(self) -> dict[str, Any]:
        """For ``GET /_mlops-iac/iam``: allowed by statement, refused with the reason."""
        with self._lock:
            found = list(self._found.values())
        allowed = [_line(question, count) for question, count in found if question.decision.allowed]
        refused = [_line(question, count) for question, count in found if not question.decision.allowed]
        return {"allowed": _sorted(allowed), "refused": _sorted(refused), "not_remembered": self._forgotten}


def _line(question: Question, count: int) -> dict[str, Any]:
    decision = question.decision
    return {
        "principal": question.principal.arn,
        "action": question.action,
        "resource": question.resource,
        "kind": decision.kind,
        "policy": decision.policy,
        "statement": decision.sid,
        "times": count,
    }


def _sorted(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda line: (line["principal"], line["action"], line["resource"]))
