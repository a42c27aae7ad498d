"""``iam:SimulatePrincipalPolicy`` and ``iam:SimulateCustomPolicy``, answered by the evaluator that decides requests.

Source: the two operations in the IAM API reference. What differs: policies of the resource count only when they are
given (as on AWS), and `MissingContextValues` lists keys of the policies that the caller did not tell.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.iam import policies
from mlops_iac.cloud.iam.callers import Principal
from mlops_iac.cloud.iam.conditions import Keys
from mlops_iac.cloud.iam.context import place_keys, principal_keys
from mlops_iac.cloud.iam.documents import Document, MalformedDocument, parse_document
from mlops_iac.cloud.iam.evaluate import Ask, Decision, Policies, Policy, evaluate
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def install(gateway: Gateway) -> None:
    gateway.instead("iam", "SimulatePrincipalPolicy", lambda call: _simulate_principal(gateway, call))
    gateway.instead("iam", "SimulateCustomPolicy", _simulate_custom)


def _simulate_principal(gateway: Gateway, call: Call) -> dict[str, Any]:
    arn = call.params["PolicySourceArn"]
    with gateway.locked("iam"):
        who = policies.find_principal(arn)
        if who is None:
            raise AwsError("NoSuchEntity", f"The entity {arn} cannot be found.", 404)
        own, boundary = policies.identity_policies(who), policies.boundary_of(who)
    return _answer(call, who, own, boundary)


def _simulate_custom(call: Call) -> dict[str, Any]:
    arn = call.params.get("CallerArn") or f"arn:{partition_of(call.region)}:iam::{call.account_id}:user/simulated"
    who = Principal(kind="user", account=arn.split(":")[4], name=arn.rsplit("/", 1)[-1], arn=arn)
    return _answer(call, who, (), None)


def _answer(call: Call, who: Principal, own: Sequence[Policy], boundary: Policy | None) -> dict[str, Any]:
    """Every action on every resource."""
    asked = call.params
    identity = (*own, *_given(asked.get("PolicyInputList"), "PolicyInputList"))
    limit = next(
        _given(asked.get("PermissionsBoundaryPolicyInputList"), "PermissionsBoundaryPolicyInputList"), boundary
    )
    resource = next(_given([asked["ResourcePolicy"]] if asked.get("ResourcePolicy") else [], "ResourcePolicy"), None)
    found = Policies(identity=identity, boundary=limit, resource=resource)
    told: Keys = {
        entry["ContextKeyName"].lower(): tuple(str(value) for value in entry.get("ContextKeyValues", ()))
        for entry in asked.get("ContextEntries") or ()
    }
    account = (asked.get("ResourceOwner") or who.arn).split(":")[4]
    keys: Keys = {**place_keys(call.region, account), **principal_keys(who), **told}
    results = [
        _result(Ask(who=who.names, action=action, resource=arn, resource_account=account, keys=keys), found)
        for action, arn in itertools.product(asked["ActionNames"], asked.get("ResourceArns") or ["*"])
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def _result(ask: Ask, found: Policies) -> dict[str, Any]:
    decision = evaluate(ask, found)
    shown: dict[str, Any] = {
        "EvalActionName": ask.action,
        "EvalResourceName": ask.resource,
        "EvalDecision": _word(decision),
        "MatchedStatements": [{"SourcePolicyId": decision.policy}] if decision.policy else [],
        "MissingContextValues": sorted(_missing(found, ask.keys)),
    }
    if found.boundary:
        allowed = not (decision.kind == "permissions boundary" and not decision.allowed)
        shown["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    return shown


def _word(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.explicit else "implicitDeny"


def _missing(found: Policies, keys: Keys) -> set[str]:
    documents: list[Document] = [policy.document for policy in found.identity]
    documents += [policy.document for policy in (found.boundary, found.resource) if policy]
    named = {c.key for d in documents for statement in d.statements for c in statement.conditions}
    return named - set(keys)


def _given(texts: Sequence[str] | None, parameter: str) -> Iterator[Policy]:
    for number, text in enumerate(texts or (), 1):
        try:
            yield Policy(f"{parameter}.{number}", parse_document(text))
        except MalformedDocument as error:
            raise AwsError("InvalidInput", f"{parameter}.{number} is no policy document: {error}") from error
