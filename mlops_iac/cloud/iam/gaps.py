"""What IAM on the embedded cloud cannot know: operations without an action, ARNs that a request tells only in part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops_iac.cloud.iam.reference import Service, find_service, read_data


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """One service, by botocore's name."""

    service: str
    known: int
    """Operations whose actions are known."""
    unknown: tuple[str, ...]
    """Operations that are refused to every role, because nobody says what they need."""
    partly: tuple[str, ...]
    """Operations with an ARN of which the request tells only a part: the rest is ``*``, so only a statement that
    covers all resources of the type allows them."""


def find_gaps() -> Iterator[Gaps]:
    """Of every service in the data, sorted."""
    prefixes = read_data("operations.json")["prefixes"]
    for service in sorted({*read_data("actions.json")["services"], *prefixes} - {"states", "tag"}):
        found = find_service(service)
        model = _model(service)
        if found is None or model is None:
            continue
        names = list(model.operation_names)
        if found.by_path:
            yield Gaps(service=service, known=len(names), unknown=(), partly=())
            continue
        unknown = tuple(name for name in names if name not in found.actions and name not in found.operations)
        partly = tuple(name for name in names if name not in unknown and not _is_told(found, model, name))
        yield Gaps(service=service, known=len(names) - len(unknown), unknown=unknown, partly=partly)


def _model(service: str) -> Any:
    from botocore.exceptions import UnknownServiceError
    from moto.core.utils import get_service_model

    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


def _is_told(found: Service, model: Any, operation: str) -> bool:
    """Whether the parameters can fill every part of a required ARN."""
    shape = model.operation_model(operation).input_shape
    members = {name.lower() for name in (shape.members if shape else {})}
    if any(name.endswith("arn") for name in members):
        return True
    for entry in found.operations.get(operation, [operation]):
        action, names = (entry, {}) if isinstance(entry, str) else (entry["action"], entry.get("parameters", {}))
        for template, required in found.templates(action):
            parts = [part.split("}", 1)[0] for part in template.split("${")[1:]]
            missing = [part for part in parts if not _fills(found, part, names, members)]
            if required and missing:
                return False
    return True


def _fills(found: Service, part: str, names: dict[str, str], members: set[str]) -> bool:
    if part in ("Partition", "Region", "Account") or part in names or part.lower() in members:
        return True
    paths = found.parameters.get(part, ())
    return any(
        path.startswith("=") or path.split(".")[0].split("|")[0].split("[")[0].lower() in members for path in paths
    )
