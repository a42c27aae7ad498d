"""Values out of a request's parameters by the small paths of the data files.

``Delete.Objects[].Key`` walks structures and lists; ``QueueUrl|last`` passes what it finds through a transformation;
``=default`` is a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote

Resolve = Callable[[str, str], str | None]
"""Looks a name up in the cloud: (what, name) to the part of an ARN, None when there is no such thing."""

LINKED: Final = {
    "sagemaker.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
}
"""Services to the names of their service-linked roles."""

_PURE: Final[dict[str, Callable[[str], str]]] = {
    "alias": lambda value: value.removeprefix("alias/"),
    "bare": lambda value: value.removeprefix("/"),
    "linked": lambda value: f"aws-service-role/{value}/{LINKED.get(value, '*')}",
    "last": lambda value: value.rsplit("/", 1)[-1],
    "name": lambda value: value.rsplit("/", 1)[-1].rsplit(":", 1)[-1],
    "versions": lambda value: value.rsplit("/", 1)[-1] + "/*",
}
"""Transformations of the value itself; all others ask the cloud (`Resolve`)."""


def find(parameters: Any, path: str, resolve: Resolve) -> list[str]:
    """All values at a path, as text."""
    if path.startswith("="):
        return [path[1:]]
    path, _, change = path.partition("|")
    values = [str(value) for value in _walk(parameters, path.split(".")) if value is not None and value != ""]
    if not change:
        return values
    if change in _PURE:
        return [_PURE[change](value) for value in values]
    return [found for value in values if (found := resolve(change, value)) is not None]


def exists(parameters: Any, path: str) -> bool:
    """Whether anything that is not empty stands at a path."""
    return any(value not in (None, False, "", [], {}) for value in _walk(parameters, path.split(".")))


def _walk(value: Any, words: list[str]) -> Iterator[Any]:
    if not words:
        yield from value if isinstance(value, list) else [value]
        return
    word, rest = words[0], words[1:]
    is_list = word.endswith("[]")
    found = value.get(word.removesuffix("[]")) if isinstance(value, Mapping) else None
    for each in (found or []) if is_list else [found]:
        yield from _walk(each, rest)


def prepared(service: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """S3's two parameters that hold several things in one text or list, taken apart; everything else as it is."""
    if service != "s3" or not ("CopySource" in parameters or "Delete" in parameters):
        return parameters
    found = dict(parameters)
    if isinstance(found.get("CopySource"), str):
        found["CopySource"] = _copy_source(found)
    if isinstance(found.get("Delete"), Mapping):
        objects = found["Delete"].get("Objects") or []
        versioned = [each for each in objects if each.get("VersionId")]
        found["Delete"] = {
            "Versioned": versioned,
            "Unversioned": [each for each in objects if not each.get("VersionId")],
        }
    return found


def _copy_source(parameters: Mapping[str, Any]) -> dict[str, str]:
    """``bucket/key?versionId=…``. Tags are copied, and read, unless they are replaced."""
    path, _, query = parameters["CopySource"].partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    version = parse_qs(f"versionId={query}").get("versionId", [""])[0] if query else ""
    tagged = parameters.get("TaggingDirective", "COPY") == "COPY"
    return {"Bucket": bucket, "Key": key, "VersionId": version, "Tagged": "COPY" if tagged else ""}
