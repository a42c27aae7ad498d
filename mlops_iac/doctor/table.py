"""The checks, in the order in which they are told: what fails first explains what fails after it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mlops_iac.doctor.finding import Finding, Outcome, warned
from mlops_iac.doctor.subject import NotLookedAt, Subject

EMBEDDED: Final = "embedded"
AWS: Final = "aws"


@dataclass(frozen=True, kw_only=True)
class Check:
    about: str
    """What it looks at, for the guide and for `--help`."""
    clouds: tuple[str, ...] = (EMBEDDED, AWS)
    needs_stack: bool = False
    """Without a stack there is nothing to look at."""
    needs_project: bool = False


CHECKS: Final[dict[str, Check]] = {
    "python": Check(about="Python, and mlops-iac itself"),
    "settings": Check(about="Pulumi.yaml, mlops-iac.yaml, the stack file, the team's code", needs_project=True),
    "state": Check(about="the stack's state on this machine can be read", clouds=(EMBEDDED,), needs_stack=True),
    "disk": Check(about="room for state, data and packages"),
    "loopback": Check(about="the embedded cloud can answer on 127.0.0.1", clouds=(EMBEDDED,)),
    "interpreters": Check(about="a Python for the framework's jobs", clouds=(EMBEDDED,), needs_stack=True),
    "java": Check(about="a Java for Spark, where the stack has it", clouds=(EMBEDDED,), needs_stack=True),
    "pulumi": Check(about="the Pulumi CLI and its version", clouds=(AWS,)),
    "credentials": Check(about="who AWS says you are", clouds=(AWS,)),
    "clock": Check(about="this machine's clock against AWS's", clouds=(AWS,)),
    "services": Check(about="the region has each service that the stack uses", clouds=(AWS,), needs_stack=True),
    "permissions": Check(about="IAM lets you make what the stack has", clouds=(AWS,), needs_stack=True),
    "quotas": Check(about="limits of the account, what is used of them, what the stack needs", clouds=(AWS,)),
    "instances": Check(about="where each type of machine is offered", clouds=(AWS,), needs_stack=True),
    "reservations": Check(about="machines that queues have reserved are there", clouds=(AWS,), needs_stack=True),
    "base_model": Check(about="what steps read of other buckets is there", clouds=(AWS,), needs_stack=True),
    "recorder": Check(about="AWS Config records as the stack takes it to", clouds=(AWS,), needs_stack=True),
    "external": Check(about="external systems answer, and their secrets are there", needs_stack=True),
}
"""Name to what it is; its function is ``check`` in the file of that name in `checks/`."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A finding, and the check that found it."""

    check: str
    finding: Finding


def applicable(subject: Subject) -> list[str]:
    """The checks that have something to look at."""
    return [
        name
        for name, check in CHECKS.items()
        if subject.cloud in check.clouds
        and not (check.needs_stack and not subject.stack)
        and not (check.needs_project and subject.root is None)
    ]


def examine(subject: Subject, names: Iterable[str] | None = None) -> Iterator[Line]:
    """Every check that applies, each as soon as it has answered."""
    for name in names if names is not None else applicable(subject):
        yield from (Line(check=name, finding=finding) for finding in _ask(name, subject))


def is_well(lines: Iterable[Line]) -> bool:
    return all(line.finding.outcome is not Outcome.FAIL for line in lines)


def get_check(name: str) -> Callable[[Subject], Iterator[Finding]]:
    check: Callable[[Subject], Iterator[Finding]] = importlib.import_module(f"mlops_iac.doctor.checks.{name}").check
    return check


def _ask(name: str, subject: Subject) -> Iterator[Finding]:
    """A check that cannot look says so; that is no failure of what it looks at."""
    try:
        yield from get_check(name)(subject)
    except NotLookedAt as why:
        yield warned(f"not looked at: {why}", "mend that, and ask again.")
    except Exception as error:
        if not _is_of_aws(error):
            raise
        yield warned(f"not looked at: {error}", "let whoever asks read this, or ask your administrator.")


def _is_of_aws(error: Exception) -> bool:
    """AWS refused, or could not be reached. botocore is loaded only where something was asked by it."""
    return any(kind.__module__ == "botocore.exceptions" for kind in type(error).__mro__)
