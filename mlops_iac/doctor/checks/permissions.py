"""Whether IAM lets whoever asks make, change, read and delete what the stack has.

IAM's simulator answers for policies of the caller, the boundary, and the organisation; not for policies of resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mlops_iac.core.deploy_actions import actions_of, example_arn
from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import Subject

SHOWN: Final = 8
"""Actions that a line names; the rest is a number."""


def check(subject: Subject) -> Iterator[Finding]:
    caller = subject.caller
    who = principal_of(caller["Arn"])
    if who is None:
        yield warned(
            f"{caller['Arn']} may do all that is not denied", "deploy by a role; `mlops-iac bootstrap` makes one."
        )
        return
    needed = _needed(subject, caller["Account"])
    denied = sorted({action for arn, actions in needed.items() for action in _denied(subject, who, arn, actions)})
    asked = len({action for actions in needed.values() for action in actions})
    if denied:
        more = f" and {len(denied) - SHOWN} more" if len(denied) > SHOWN else ""
        yield failed(
            f"{who} may not do {len(denied)} of {asked} things: {', '.join(denied[:SHOWN])}{more}",
            "allow them, or deploy by the role that `mlops-iac bootstrap` makes.",
        )
    else:
        yield passed(f"{who} may do all {asked} things that the stack takes")


def principal_of(arn: str) -> str | None:
    """Whose policies count: of a session its role; None for an account's root, and for a federated user."""
    head, _, rest = arn.partition(":sts::")
    if rest:
        account, _, session = rest.partition(":assumed-role/")
        return f"{head}:iam::{account}:role/{session.split('/')[0]}" if session else None
    return None if arn.endswith(":root") else arn


def _needed(subject: Subject, account: str) -> dict[str, list[str]]:
    """ARN to the actions on it. What several types need on one ARN is asked once."""
    place = {"partition": subject.partition, "region": subject.region, "account": account, "stack": subject.stack}
    found: dict[str, set[str]] = {}
    for type in sorted({resource.type for resource in subject.built.resources}):
        for template, actions in actions_of(type).items():
            arn = example_arn(template, type, **place)
            found.setdefault(arn, set()).update(actions)
    return {arn: sorted(actions) for arn, actions in sorted(found.items())}


def _denied(subject: Subject, who: str, arn: str, actions: Sequence[str]) -> Iterator[str]:
    pages = subject.clients("iam").get_paginator("simulate_principal_policy")
    context = list(_context(subject, who))
    asked = pages.paginate(PolicySourceArn=who, ActionNames=actions, ResourceArns=[arn], ContextEntries=context)
    for page in asked:
        for result in page["EvaluationResults"]:
            if result["EvalDecision"] != "allowed":
                yield result["EvalActionName"]


def _context(subject: Subject, who: str) -> Iterator[Mapping[str, Any]]:
    """What a request of an `up` says besides, on which a policy may insist."""
    account = who.split(":")[4]
    values = {
        "aws:RequestedRegion": subject.region,
        "aws:RequestTag/mlops-iac:stack": subject.stack,
        "aws:ResourceTag/mlops-iac:stack": subject.stack,
        "iam:PermissionsBoundary": f"{who.split('::')[0]}::{account}:policy/{subject.stack}-boundary-policy",
    }
    for key, value in values.items():
        yield {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
