"""SageMaker's List operations: the same filters, orders and pages for every kind of job and for endpoints."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mlops_iac.cloud.gateway import AwsError

_DEFAULT_PAGE = 10


def page(
    records: Sequence[Mapping[str, Any]],
    asked: Mapping[str, Any],
    noun: str,
    orders: Mapping[str, Callable[[Mapping[str, Any]], Any]] = MappingProxyType({}),
) -> tuple[list[Mapping[str, Any]], str | None]:
    """The records of one page and the token of the next; newest first unless asked otherwise.

    ``orders`` are orders of a kind's own: ``SortBy`` to what is compared.
    """
    found = [record for record in records if _wanted(record, asked, noun)]
    wanted = asked.get("SortBy", "CreationTime")
    by = {"Name": f"{noun}Name", "Status": f"{noun}Status"}.get(wanted, "CreationTime")
    found.sort(
        key=orders.get(wanted, lambda record: (record[by], record[f"{noun}Name"])),
        reverse=asked.get("SortOrder", "Descending") != "Ascending",
    )
    start = _start(asked.get("NextToken"))
    end = start + int(asked.get("MaxResults", _DEFAULT_PAGE))
    return found[start:end], (base64.b64encode(str(end).encode()).decode() if end < len(found) else None)


def _wanted(record: Mapping[str, Any], asked: Mapping[str, Any], noun: str) -> bool:
    created, modified = record["CreationTime"], record["LastModifiedTime"]
    return all(
        (
            asked.get("NameContains", "").lower() in record[f"{noun}Name"].lower(),
            asked.get("StatusEquals") in (None, record[f"{noun}Status"]),
            between(created, asked.get("CreationTimeAfter"), asked.get("CreationTimeBefore")),
            between(modified, asked.get("LastModifiedTimeAfter"), asked.get("LastModifiedTimeBefore")),
        )
    )


def between(moment: Any, after: Any, before: Any) -> bool:
    return (after is None or moment >= _aware(after, moment)) and (before is None or moment <= _aware(before, moment))


def _aware(moment: Any, like: Any) -> Any:
    """Timestamps in requests may come without a zone; AWS means UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=like.tzinfo)


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token))
    except ValueError as error:
        raise AwsError("ValidationException", "Invalid NextToken.") from error
