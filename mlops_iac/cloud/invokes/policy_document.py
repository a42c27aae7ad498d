"""IAM's policy documents, as the provider renders them. No cloud is asked."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

from mlops_iac.core.errors import CloudError
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


def policy_document(scope: Scope, args: Props) -> dict[str, Any]:
    """IAM's JSON as the provider renders it: lists of one as scalars, keys in its order, two blanks of indent."""
    source = [read_json(text) for text in args.get("sourcePolicyDocuments") or []]
    override = [read_json(text) for text in args.get("overridePolicyDocuments") or []]
    own = [_statement(statement) for statement in args.get("statements") or []]
    statements = _merged([*(s for d in source for s in _listed(d.get("Statement"))), *own])
    for document in override:
        statements = _overridden(statements, _listed(document.get("Statement")))
    rendered: dict[str, Any] = {"Version": args.get("version") or "2012-10-17"}
    if args.get("policyId"):
        rendered["Id"] = args["policyId"]
    rendered["Statement"] = statements
    pretty, minified = json.dumps(rendered, indent=2), json.dumps(rendered, separators=(",", ":"))
    return {**args, "id": str(_crc(pretty)), "json": pretty, "minifiedJson": minified}


def _statement(statement: Props) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if statement.get("sid"):
        made["Sid"] = statement["sid"]
    made["Effect"] = statement.get("effect") or "Allow"
    for key, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if statement.get(key):
            made[name] = _principals(statement[key])
    for key, name in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if statement.get(key):
            made[name] = _scalar(statement[key])
    if statement.get("conditions"):
        made["Condition"] = _conditions(statement["conditions"])
    return made


def _principals(principals: Sequence[Props]) -> Any:
    if len(principals) == 1 and principals[0]["type"] == "*" and list(principals[0]["identifiers"]) == ["*"]:
        return "*"
    kinds: dict[str, list[str]] = {}
    for principal in principals:
        kinds.setdefault(principal["type"], []).extend(principal["identifiers"])
    return {kind: _scalar(identifiers) for kind, identifiers in kinds.items()}


def _conditions(conditions: Sequence[Props]) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {}
    for condition in conditions:
        values = [_variables(value) for value in condition["values"]]
        variable = _variables(condition["variable"])
        made.setdefault(condition["test"], {})[variable] = values[0] if len(values) == 1 else values
    return made


def _scalar(values: Sequence[str]) -> Any:
    """One value stands alone; several are sorted backwards, as Terraform's set of strings comes out."""
    unique = sorted({_variables(value) for value in values}, reverse=True)
    return unique[0] if len(unique) == 1 else unique


def _variables(text: str) -> str:
    """``&{aws:username}`` is how a program writes IAM's own ``${aws:username}``."""
    return text.replace("&{", "${")


def _listed(statements: Any) -> list[Any]:
    return statements if isinstance(statements, list) else [statements] if statements else []


def _merged(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    twice = sorted({sid for sid in sids if sids.count(sid) > 1})
    if twice:
        raise CloudError(
            "Statement id used twice.", f"The policy document has {', '.join(f'`{s}`' for s in twice)} twice."
        )
    return statements


def _overridden(statements: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A statement with the same id takes the place of the one before; others are appended."""
    by_sid = {other["Sid"]: other for other in others if other.get("Sid")}
    kept = [by_sid.pop(statement.get("Sid", ""), statement) for statement in statements]
    return [*kept, *by_sid.values(), *(other for other in others if not other.get("Sid"))]


def _crc(text: str) -> int:
    return zlib.crc32(text.encode())
