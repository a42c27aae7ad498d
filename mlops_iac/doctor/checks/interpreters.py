"""The Python that the framework's jobs run in on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.frameworks import frameworks_of
from mlops_iac.core.interpreters import find_interpreter, find_problem, find_uv
from mlops_iac.doctor.finding import Finding, failed, passed
from mlops_iac.doctor.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for framework in frameworks_of(subject.opened.options):
        problem = find_problem([framework])
        if problem:
            yield failed(problem.detail, problem.hint)
            continue
        found = find_interpreter(framework)
        where = f"Python {found.version} ({found.path})" if found else f"a Python that uv brings ({find_uv()})"
        yield passed(f"jobs of {framework} run in {where}")
