"""Outputs of another stack, read by a program: ``pulumi.StackReference("organization/lab/dev")``."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import PlanError, StackNotFound
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.state.state_file import ORGANIZATION
from mlops_iac.engine.values.value import Secret, has_secret

TYPE = "pulumi:pulumi:StackReference"


def read_outputs(operation: Operation, name: str) -> dict[str, Any]:
    """The outputs of the reference itself, as Pulumi gives them: secrets stay secret, and are named.

    ``name`` is ``<stack>``, ``<project>/<stack>`` or ``organization/<project>/<stack>``. Raises StackNotFound with the
    nearest name, and PlanError for a name of another shape.
    """
    project, stack = _parse(operation, name)
    if operation.outputs_of is None:
        raise AssertionError("an operation that runs a program knows where the other stacks are")
    if (project, stack) == (operation.project, operation.stack):
        raise PlanError(
            "A stack refers to itself.",
            f"`{name}` is the stack that is being deployed.",
            hint="take the value from the resource that has it.",
        )
    outputs = dict(operation.outputs_of(project, stack))
    return {
        "name": name,
        "outputs": outputs,
        "secretOutputNames": sorted(
            key for key, value in outputs.items() if isinstance(value, Secret) or has_secret(value)
        ),
    }


def _parse(operation: Operation, name: str) -> tuple[str, str]:
    parts = name.split("/")
    if len(parts) == 3 and parts[0] != ORGANIZATION:
        raise StackNotFound(
            "No such stack.",
            f"`{name}` names the organization `{parts[0]}`; stacks kept in files have one, called `{ORGANIZATION}`.",
            hint=f"write `{ORGANIZATION}/{parts[1]}/{parts[2]}`.",
        )
    if not all(parts) or len(parts) > 3:
        raise PlanError(
            "The name of a stack cannot be read.",
            f"`{name}` has not one to three parts.",
            hint=f"write it as `<stack>`, `<project>/<stack>` or `{ORGANIZATION}/<project>/<stack>`.",
        )
    return (parts[-2] if len(parts) > 1 else operation.project), parts[-1]
