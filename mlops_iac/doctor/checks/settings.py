"""The project's files: Pulumi.yaml, the company's mlops-iac.yaml, and the stack's file with the team's code."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.config.company import COMPANY_FILE, read_company
from mlops_iac.config.project import list_stacks
from mlops_iac.core.errors import MlopsError
from mlops_iac.doctor.finding import Finding, failed, passed
from mlops_iac.doctor.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    assert subject.root is not None
    try:
        company = read_company(subject.root)
    except MlopsError as error:
        yield from _problems(error)
        return
    if company.levels:
        yield passed(f"{COMPANY_FILE}: {_counted(len(company.levels) - 1, 'group')}")
    stacks = list_stacks(subject.root)
    if not subject.stack:
        yield passed(f"{_counted(len(stacks), 'stack file')}; `mlops-iac config check` reads each of them")
        return
    if subject.mistakes:
        yield from _problems(subject.mistakes)
    else:
        yield passed(f"stacks/Pulumi.{subject.stack}.yaml and what it names")


def _problems(error: MlopsError) -> Iterator[Finding]:
    for problem in error.problems:
        place = f"{problem.file}:{problem.line} " if problem.file else ""
        detail = f" {problem.detail}" if problem.detail else ""
        yield failed(f"{place}{problem.summary}{detail}", problem.hint or "correct that line.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
