"""Taking over what exists already: the program must describe it as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.program.goal import Goal
from mlops_iac.engine.state.state_file import show


def refuse_other(goal: Goal, inputs: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Raise PlanError when the program's inputs are not what the cloud has, naming each difference.

    An input of which the cloud says nothing cannot be compared, and is taken as the program has it.
    """
    there = {key: found[key] for key in inputs if key in found}
    differences = diff(there, {key: inputs[key] for key in there})
    if differences:
        lines = [
            f"{path}: the program says {_text(change.new)}, the cloud has {_text(change.old)}"
            for path, change in differences.items()
        ]
        raise PlanError(
            "The inputs do not match the resource to import.",
            f"`{goal.name}` imports `{goal.import_id}`, and nothing was changed:\n" + "\n".join(lines),
            hint="describe the resource as it is; change it after it was imported.",
        )


def _text(value: Any) -> str:
    return "nothing" if value is None else json.dumps(show(value), ensure_ascii=False)
