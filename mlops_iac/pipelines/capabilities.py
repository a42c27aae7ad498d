"""Which target can run which kind of step: read off the targets themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.kinds import Answer, answer
from mlops_iac.pipelines.steps import STEP_KINDS, Step


@dataclass(frozen=True, kw_only=True)
class Capability:
    """A kind of step, and what each target says to it."""

    kind: str
    about: str
    answers: Mapping[str, Answer]

    def to_json(self) -> dict[str, Any]:
        answers = {target: {"runs": found.runs, "how": found.how} for target, found in self.answers.items()}
        return {"kind": self.kind, "about": self.about, "targets": answers}


def capabilities() -> Iterator[Capability]:
    """Every kind of ours, by name."""
    for kind in sorted(STEP_KINDS, key=lambda kind: kind.kind):
        answers = {target: answer(kind, get_target(target)) for target in TARGETS}
        yield Capability(kind=kind.kind, about=about(kind), answers=answers)


def about(kind: type[Step]) -> str:
    """What a kind is, in one sentence: the first of its file."""
    file = inspect.getdoc(inspect.getmodule(kind)) or ""
    return " ".join(file.partition("\n\n")[0].split())
