"""Where the warehouse keeps what in the gateway's store, and the errors that all of its operations share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from mlops_iac.cloud.paging import Spelling
from mlops_iac.cloud.wire import AwsError, Call

SERVICE: Final = "redshift-serverless"
DATA: Final = "redshift-data"
NAMESPACES: Final = "redshift-serverless.namespaces"
"""(account, region, name) to the namespace, as GetNamespace answers it."""
WORKGROUPS: Final = "redshift-serverless.workgroups"
LIMITS: Final = "redshift-serverless.limits"
TAGS: Final = "redshift-serverless.tags"
"""ARN to tags."""
STATEMENTS: Final = "redshift-data.statements"
SPELLING: Final = Spelling("maxResults", "nextToken", "ValidationException")

Thing = dict[str, Any]
Key = tuple[str, str, str]


def key(call: Call, name: str) -> Key:
    return call.account_id, call.region, name


def here(call: Call, store: Mapping[Key, Thing]) -> list[Thing]:
    """Those of the call's account and region, by name."""
    return [store[one] for one in sorted(store) if one[:2] == (call.account_id, call.region)]


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def missing(what: str, name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"The {what} {name} doesn't exist.")


def conflict(message: str) -> AwsError:
    return AwsError("ConflictException", message)


def as_tags(given: Any) -> dict[str, str]:
    return {one["key"]: one.get("value", "") for one in given or ()}
