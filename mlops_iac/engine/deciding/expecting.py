"""An `up` that carries out a plan: each thing it is about to do must be in the plan, and be as it was planned."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import PlanError
from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.deciding.plan_file import Planned, SavedPlan, state_digests
from mlops_iac.engine.event import Op
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.state_file import show
from mlops_iac.engine.values.value import UNKNOWN, Secret, reveal

_HINT = "make a new plan with `preview --save-plan`, look at it, and carry that out."


class Expected:
    """A plan that is being carried out."""

    def __init__(self, plan: SavedPlan) -> None:
        self._plan = plan

    def refuse_moved(self, stack: str, config: Mapping[str, Any], records: Iterable[Record]) -> None:
        """Raise PlanError when the plan is another stack's, or configuration or state moved since it was made."""
        if self._plan.stack != stack:
            raise PlanError(
                "The plan is of another stack.", f"It was made for {self._plan.stack}, and this is {stack}.", hint=_HINT
            )
        lines = [*_moved_config(self._plan.config, config), *_moved_state(self._plan.state, state_digests(records))]
        if lines:
            raise PlanError("The plan is out of date.", "Nothing was changed.\n" + "\n".join(lines), hint=_HINT)

    def find(self, urn: str) -> Planned | None:
        return self._plan.resources.get(urn)

    def refuse_stranger(self, urn: str) -> None:
        if urn not in self._plan.resources:
            raise _differs(urn, ["it is not in the plan"])

    def hold(self, urn: str, op: Op, inputs: Mapping[str, Any]) -> None:
        """Raise PlanError unless this is what was planned. What was unknown then may be anything now."""
        planned = self._plan.resources[urn]
        if planned.op != op:
            raise _differs(urn, [f"planned is {planned.op or 'to do nothing'}, and it would be {op} now"])
        changes = diff(dict(planned.inputs), _forget(dict(inputs), planned.inputs))
        if changes:
            raise _differs(
                urn,
                [
                    f"{path}: planned is {_text(change.old)}, and it would be {_text(change.new)} now"
                    for path, change in changes.items()
                ],
            )

    def refuse_deletions(self, doomed: Iterable[Record]) -> None:
        """Raise PlanError when something would be deleted that was not planned to be."""
        names = [
            record.urn
            for record in doomed
            if not {"delete", "delete-replaced", "discard"} & set(self._steps(record.urn)) and not record.is_provider
        ]
        if names:
            raise PlanError(
                "The plan would not be kept.",
                "These would be deleted, which is not planned:\n" + "\n".join(names),
                hint=_HINT,
            )

    def refuse_missing(self, seen: Iterable[str], doomed: Iterable[str]) -> None:
        """Raise PlanError when something is planned that the program no longer says."""
        there = {*seen, *doomed}
        names = [urn for urn in self._plan.resources if urn not in there]
        if names:
            raise PlanError(
                "The plan would not be kept.",
                "These are in the plan, and the program no longer has them:\n" + "\n".join(names),
                hint=_HINT,
            )

    def _steps(self, urn: str) -> tuple[str, ...]:
        planned = self._plan.resources.get(urn)
        return planned.steps if planned else ()


def _differs(urn: str, lines: list[str]) -> PlanError:
    name = urns.parse(urn).name
    return PlanError("The plan would not be kept.", "\n".join(f"{name}: {line}" for line in lines), hint=_HINT)


def _forget(value: Any, planned: Any) -> Any:
    """The value, unknown where the plan has it unknown."""
    if planned is UNKNOWN:
        return UNKNOWN
    if isinstance(value, dict) and isinstance(planned, dict):
        return {key: _forget(item, planned[key]) if key in planned else item for key, item in value.items()}
    if isinstance(value, list) and isinstance(planned, list) and len(value) == len(planned):
        return [_forget(item, model) for item, model in zip(value, planned, strict=True)]
    if isinstance(value, Secret) and not isinstance(planned, Secret):
        return Secret(_forget(value.value, planned)) if isinstance(planned, dict | list) else value
    return value


def _moved_config(planned: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    return [
        f"configuration {key}: planned with {_text(planned.get(key))}, and it is {_text(config.get(key))} now"
        for key in sorted({*planned, *config})
        if reveal(planned.get(key)) != reveal(config.get(key))
    ]


def _moved_state(planned: Mapping[str, str], state: Mapping[str, str]) -> list[str]:
    lines = []
    for urn in sorted({*planned, *state}):
        if urn not in state:
            lines.append(f"state: {urn} is no longer there")
        elif urn not in planned:
            lines.append(f"state: {urn} is new")
        elif planned[urn] != state[urn]:
            lines.append(f"state: {urn} was changed")
    return lines


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    return "not known" if value is UNKNOWN else json.dumps(show(value), ensure_ascii=False)
