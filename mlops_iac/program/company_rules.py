"""What a company's file (`config/company.py`) says that concerns more than one stack file: every blueprint's options,
and the machines of a team's own pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_iac.blueprints import FAMILY
from mlops_iac.config.company import INSTANCE_COUNT, INSTANCE_TYPES, INSTANCES_AT_ONCE, MACHINES, Limit
from mlops_iac.config.inheritance import has
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.program.at_once import machines_at_once
from mlops_iac.program.pipeline_files import Written


def check_company_rules(config: StackConfig, written: Sequence[Written]) -> None:
    """Raises ConfigError for a setting that no blueprint has, and for a machine that the company does not allow."""
    problems = [*_unknown(config), *_not_allowed(config, written), *_too_many(config, written)]
    if problems:
        raise ConfigError.of(problems)


def _unknown(config: StackConfig) -> Iterator[Problem]:
    foreign = list(config.inherited.unknown_to(type(config.options)))
    if not foreign:
        return  # what follows loads every blueprint
    models = [member.thing.Options for member in FAMILY.members() if not member.problem]
    for level, at, path in foreign:
        if not any(has(model, path[1:]) for model in models):
            detail = f"`{'.'.join(map(str, path))}` is no option of any blueprint."
            hint = "`mlops-iac blueprint show NAME` lists a blueprint's options."
            yield level.problem(at, "There is no such setting.", detail, hint)


def _not_allowed(config: StackConfig, written: Sequence[Written]) -> Iterator[Problem]:
    """Machines that a pipeline's file names. Those of the options are checked where the stack file is read."""
    named = [
        (one, step.name, {INSTANCE_TYPES: machines.instance_type, INSTANCE_COUNT: machines.instance_count})
        for one in written
        for step in one.pipeline.steps
        if one.says(step.name, "job")
        for machines in step.jobs()
    ]
    for level in config.inherited.levels:
        for key in MACHINES:
            limit = level.rules.limits.get(key, Limit())
            for one, step, said in named:
                if not limit.allows(said[key]):
                    detail = f"Value given: {said[key]}. Values allowed: {limit} ({level.place(('limits', key))})."
                    yield one.problem(step, "job", "The company does not allow this value.", detail, "")


def _too_many(config: StackConfig, written: Sequence[Written]) -> Iterator[Problem]:
    """Machines that all pipelines and endpoints of the stack take at the same moment."""
    for level in config.inherited.levels:
        limit = level.rules.limits.get(INSTANCES_AT_ONCE)
        if limit is None:
            continue
        found = machines_at_once([one.pipeline for one in written], config.options)
        if not limit.allows(found.total):
            place = level.place(("limits", INSTANCES_AT_ONCE))
            detail = f"It takes {found.total} machines at once: {found}. The quota is {limit} ({place})."
            hint = "take fewer machines, or let steps wait for each other (`after`)."
            yield config.problem("options", "The stack takes more machines than its quota.", detail, hint)
