"""Parameters checked against botocore's model, refused in AWS's words. moto checks neither patterns nor lengths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from mlops_iac.cloud.gateway import AwsError, Call

_SHOWN = 12


def check(call: Call) -> None:
    """Raise ValidationException for what the service's model refuses: missing members, enums, patterns, lengths."""
    shape = _service(call.service).operation_model(call.operation).input_shape
    problems = list(_problems(shape, call.params, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise AwsError("ValidationException", f"{count}: {'; '.join(problems)}")


@cache
def _service(name: str) -> Any:
    from moto.core.utils import get_service_model

    return get_service_model(name)


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _problems(member, value[name], _join(path, name))
    elif kind == "list" and isinstance(value, list):
        yield from _length(shape, value, path)
        for number, item in enumerate(value, 1):
            yield from _problems(shape.member, item, f"{path}.{number}.member")
    elif kind == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from _problems(shape.value, item, f"{path}.{key}.member")
    elif kind == "string" and isinstance(value, str):
        yield from _text(shape, value, path)
    elif kind in ("integer", "long", "float", "double") and isinstance(value, int | float):
        yield from _number(shape, value, path)


def _join(path: str, name: str) -> str:
    lower = name[:1].lower() + name[1:]
    return f"{path}.{lower}" if path else lower


def _failed(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield _failed(value, path, f"Member must satisfy enum value set: [{', '.join(_near(value, allowed))}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield _failed(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    yield from _length(shape, value, path)


def _length(shape: Any, value: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and len(value) > most:
        yield _failed(value, path, f"Member must have length less than or equal to {most}")
    if least is not None and len(value) < least:
        yield _failed(value, path, f"Member must have length greater than or equal to {least}")


def _number(shape: Any, value: float, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and value > most:
        yield _failed(value, path, f"Member must have value less than or equal to {most}")
    if least is not None and value < least:
        yield _failed(value, path, f"Member must have value greater than or equal to {least}")


def _near(value: str, allowed: list[str]) -> list[str]:
    """Instance types are hundreds: show the ones of the same family first, then stop."""
    family = value.rsplit(".", 1)[0]
    ordered = sorted(allowed, key=lambda word: not word.startswith(family))
    return [*ordered[:_SHOWN], "…"] if len(ordered) > _SHOWN else ordered


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern.replace("\\p{L}", "\\w").replace("\\p{Z}", "\\s").replace("\\p{N}", "\\d"))
    except re.error:
        return None  # a pattern in Java's dialect that Python does not read


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None
