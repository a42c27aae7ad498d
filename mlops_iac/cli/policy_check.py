"""The half of ``mlops-iac policy check`` that finds what there is to be judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mlops_iac.cli.environments import project_root
from mlops_iac.core.errors import StackNotFound
from mlops_iac.policy.finding import Report


def judge_one(stack: str) -> Report:
    """A stack as its program has it now. Raises what a preview raises."""
    from mlops_iac.cli.environments import open_backend
    from mlops_iac.cli.operations import raise_if_stopped

    result = open_backend(stack).preview()
    raise_if_stopped(result)
    found: Report = result.policy or Report()
    return found


def judge_all() -> dict[str, Report]:
    from mlops_iac.config import list_stacks

    return {stack: judge_one(stack) for stack in list_stacks(project_root())}


def judge_state(file: Path, stack: str | None) -> dict[str, Report]:
    """An export, by the settings of its stack where the project has its file."""
    from mlops_iac.cli.stack import read_text
    from mlops_iac.core import urns
    from mlops_iac.engine.state.exports import read_deployment
    from mlops_iac.policy.checking import report
    from mlops_iac.policy.resource import STACK, resources_of_state
    from mlops_iac.policy.settings import Settings
    from mlops_iac.program.policies import read_policies
    from mlops_iac.program.stack_program import open_stack

    text, place = read_text(file)
    resources = resources_of_state(read_deployment(text, place))
    name = stack or (urns.parse(resources[0].urn).stack if resources else "")
    outputs = next((one.outputs for one in resources if one.type == STACK), {})
    try:
        program = open_stack(project_root(), name)
        policies = read_policies(program.root, name, program.config)
    except StackNotFound:
        if stack:
            raise
        policies = None
    settings = policies.settings if policies else replace(Settings(), stack=name)
    return {name: report(resources, settings, outputs)}
