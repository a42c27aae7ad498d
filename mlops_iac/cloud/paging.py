"""Lists that are answered in pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from mlops_iac.cloud.wire import AwsError


class Spelling(NamedTuple):
    """How a service calls a page's size and where the next goes on, and its error for a token that is none."""

    size: str
    token: str
    error: str


SAGEMAKER: Final = Spelling("MaxResults", "NextToken", "ValidationException")
STEP_FUNCTIONS: Final = Spelling("maxResults", "nextToken", "InvalidToken")


def paged(
    key: str,
    items: list[Any],
    params: Mapping[str, Any],
    *,
    limit: int,
    default: int = 0,
    spelling: Spelling = SAGEMAKER,
) -> dict[str, Any]:
    """One page, and the token of the next. ``default``: how many, where the caller does not say; 0 is ``limit``."""
    size = min(params.get(spelling.size) or default or limit, limit)
    try:
        start = int(base64.b64decode(params.get(spelling.token) or "MA=="))
    except ValueError:
        raise AwsError(spelling.error, "Invalid pagination token.") from None
    page: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        page[spelling.token] = base64.b64encode(str(start + size).encode()).decode()
    return page
