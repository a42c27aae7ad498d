"""What SubmitJob asks for, merged with the job definition: container, retries, time limit, array, dependencies."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mlops_iac.cloud.gateway import AwsError

MAX_ARRAY = 10_000
"""Children of one array job, AWS's limit (and at least two)."""
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}")
_REFERENCE = re.compile(r"Ref::([a-zA-Z0-9_]+)")


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ClientException",
            f"Job name `{name}` should match valid pattern: letters, digits, hyphens and underscores, up to 128.",
        )


def container_of(definition: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The job's container: the definition's, with the request's overrides and parameters put in."""
    properties = definition.get("containerProperties")
    if not properties:
        raise AwsError("ClientException", "The embedded cloud runs job definitions with containerProperties only.")
    return merged(properties, asked.get("containerOverrides", {}), parameters_of(definition, asked))


def parameters_of(definition: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, str]:
    return {**definition.get("parameters", {}), **asked.get("parameters", {})}


def merged(
    properties: Mapping[str, Any], overrides: Mapping[str, Any], parameters: Mapping[str, str]
) -> dict[str, Any]:
    """One container: its properties, with overrides and parameters put in."""
    command = overrides.get("command") or properties.get("command") or []
    environment = {each["name"]: each.get("value", "") for each in properties.get("environment", ())}
    environment |= {each["name"]: each.get("value", "") for each in overrides.get("environment", ())}
    resources = {each["type"]: each["value"] for each in properties.get("resourceRequirements", ())}
    resources |= {each["type"]: each["value"] for each in overrides.get("resourceRequirements", ())}
    return {
        **{name: value for name, value in properties.items() if value is not None},
        "command": [_REFERENCE.sub(lambda found: str(parameters.get(found[1], found[0])), word) for word in command],
        "environment": [{"name": name, "value": value} for name, value in environment.items()],
        "resourceRequirements": [{"type": name, "value": value} for name, value in resources.items()],
    }


def array_size(asked: Mapping[str, Any]) -> int | None:
    size = asked.get("arrayProperties", {}).get("size")
    if size is not None and not 2 <= size <= MAX_ARRAY:
        raise AwsError("ClientException", f"Array size is {size}; it must be 2 to {MAX_ARRAY}.")
    return int(size) if size is not None else None


def attempts(definition: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The retry strategy: the request's, else the definition's, else one attempt."""
    strategy = asked.get("retryStrategy") or definition.get("retryStrategy") or {}
    count = strategy.get("attempts", 1)
    if not 1 <= count <= 10:
        raise AwsError("ClientException", f"retryStrategy.attempts is {count}; it must be 1 to 10.")
    return {"attempts": count, "evaluateOnExit": strategy.get("evaluateOnExit", [])}


def timeout(definition: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    found = asked.get("timeout") or definition.get("timeout") or {}
    seconds = found.get("attemptDurationSeconds")
    if seconds is not None and seconds < 60:
        raise AwsError("ClientException", f"attemptDurationSeconds is {seconds}; it must be at least 60.")
    return {"attemptDurationSeconds": seconds} if seconds is not None else {}


def retries(strategy: Mapping[str, Any], attempt: int, code: int, reason: str, status_reason: str) -> bool:
    """Whether an attempt that failed is tried again: the first rule that matches decides, else the count does."""
    if attempt >= strategy["attempts"]:
        return False
    for rule in strategy["evaluateOnExit"]:
        facts = (("onExitCode", str(code)), ("onReason", reason), ("onStatusReason", status_reason))
        if all(fnmatch.fnmatchcase(fact, rule[name]) for name, fact in facts if rule.get(name) is not None):
            return bool(rule["action"].upper() == "RETRY")
    return True


def depends_on(asked: Mapping[str, Any], size: int | None) -> Sequence[Mapping[str, str]]:
    """The dependencies, checked: at most twenty; SEQUENTIAL and N_TO_N are for array jobs."""
    found: Sequence[Mapping[str, str]] = asked.get("dependsOn", ())
    if len(found) > 20:
        raise AwsError("ClientException", f"A job depends on 20 others at most; this one on {len(found)}.")
    for each in found:
        if each.get("type") in ("SEQUENTIAL", "N_TO_N") and size is None:
            raise AwsError("ClientException", f"Dependency type {each['type']} is for array jobs.")
        if each.get("type") != "SEQUENTIAL" and not each.get("jobId"):
            raise AwsError("ClientException", "A dependency names a jobId, unless its type is SEQUENTIAL.")
    return found


def passes(record: Mapping[str, Any], filters: Any) -> bool:
    """JOB_NAME filters, with AWS's trailing ``*``."""
    for each in filters:
        if each["name"] == "JOB_NAME":
            name = record["jobName"]
            if not any(name.startswith(v[:-1]) if v.endswith("*") else name == v for v in each["values"]):
                return False
    return True
