"""What an operation needs: IAM actions on ARNs, derived from botocore's operation and its parameters by data.

An operation is the action of the same name, on the ARNs of the action's resource types, whose placeholders are
parameters of the same name; `data/operations.json` says where it is otherwise. A part of an ARN that the request does
not tell (the id of what is about to be made) is ``*``, as AWS shows it in its refusals: then only a statement that
covers all resources of the type allows it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.cloud.iam import by_path
from mlops_iac.cloud.iam.matching import fill
from mlops_iac.cloud.iam.parameters import Resolve, exists, find, prepared
from mlops_iac.cloud.iam.reference import Service, arn_pattern, find_service

_FIXED: Final = frozenset({"Partition", "Region", "Account"})


@dataclass(frozen=True)
class Need:
    """One action on one resource."""

    action: str
    """``s3:GetObject``"""
    resource: str


class UnknownOperation(LookupError):
    """Neither the data nor the exceptions say what the operation needs."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a call goes: what fills ``${Partition}``, ``${Region}`` and ``${Account}``."""

    partition: str
    region: str
    account: str


def requirements(
    service: str, operation: str, parameters: Mapping[str, Any], place: Place, resolve: Resolve
) -> list[Need]:
    """Everything the caller must be allowed to do. Raises `UnknownOperation`."""
    known = find_service(service)
    if known is None:
        raise UnknownOperation(f"{service}:{operation}")
    given = prepared(service, parameters)
    if known.by_path:
        fixed = {"Partition": place.partition, "Region": place.region}
        return [Need(action, arn) for action, arn in by_path.needs(service, operation, given, fixed)]
    found: dict[Need, None] = {}
    for action, names in _actions(known, operation, given):
        for resource in _resources(known, action, names, given, place, resolve):
            found[Need(f"{known.prefix}:{action}", resource)] = None
            if known.tagging and given.get("Tags") and _is_made(operation, resource):
                found[Need(f"{known.prefix}:{known.tagging}", resource)] = None
    return list(found)


def _is_made(operation: str, arn: str) -> bool:
    """Whether an operation makes this resource: ``CreateTrainingJob`` makes ``training-job/…``."""
    kind = arn.split(":", 5)[-1].split("/", 1)[0].replace("-", "")
    return operation.lower() == f"create{kind}"


def _actions(known: Service, operation: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The operation's actions, each with the parameters that fill its ARN otherwise than usual."""
    entries = known.operations.get(operation)
    if entries is None:
        if operation not in known.actions:
            raise UnknownOperation(f"{known.prefix}:{operation}")
        entries = [operation]
    for entry in entries:
        if isinstance(entry, str):
            yield entry, {}
        elif _counts(entry, given):
            yield entry["action"], entry.get("parameters", {})


def _counts(entry: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    if "when" in entry:
        return exists(given, entry["when"])
    return "unless" not in entry or not exists(given, entry["unless"])


def _resources(
    known: Service,
    action: str,
    names: Mapping[str, str],
    given: Mapping[str, Any],
    place: Place,
    resolve: Resolve,
) -> list[str]:
    templates = known.templates(action)
    if not templates:
        return ["*"]
    named = [arn for template, _ in templates for arn in _given_arns(template, given)]
    if named and not names:
        return sorted(set(named))
    needed, optional = set[str](), set[str]()
    for template, required in templates:
        values = _parts(known, template, names, given, resolve)
        if required:
            needed.update(_fill(template, values, place))
        elif all(values.values()):  # an optional type counts when the request names one
            optional.update(_fill(template, values, place))
    return sorted(needed or optional) or ["*"]


def _given_arns(template: str, given: Mapping[str, Any]) -> Iterator[str]:
    """ARNs of the type that stand in the request as they are: ``TopicArn``, ``stateMachineArn``, ``ResourceArn``."""
    for value in given.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and each.startswith("arn:") and arn_pattern(template).fullmatch(each):
                yield each


def _fill(template: str, values: Mapping[str, list[str]], place: Place) -> Iterator[str]:
    """The ARNs of one resource type, ``*`` for what the request does not tell."""
    fixed = {"Partition": place.partition, "Region": place.region, "Account": place.account}
    for chosen in itertools.product(*(found or ["*"] for found in values.values())):
        arn = fill(template, {**fixed, **dict(zip(values, chosen, strict=True))})
        if arn is not None:
            yield arn


def _parts(
    known: Service, template: str, names: Mapping[str, str], given: Mapping[str, Any], resolve: Resolve
) -> dict[str, list[str]]:
    """The placeholders that a request fills, with its values."""
    words = [part.split("}", 1)[0] for part in template.split("${")[1:]]
    return {word: _values(known, word, names, given, resolve) for word in words if word not in _FIXED}


def _values(
    known: Service, name: str, names: Mapping[str, str], given: Mapping[str, Any], resolve: Resolve
) -> list[str]:
    """What fills a placeholder: by the entry, by the service's table, by a parameter of the same name."""
    if name in names:
        return find(given, names[name], resolve)
    for path in known.parameters.get(name, ()):
        if found := find(given, path, resolve):
            return found
    own = next((key for key in given if key.lower() == name.lower()), None)
    return find(given, own, resolve) if own and isinstance(given[own], str | list) else []
