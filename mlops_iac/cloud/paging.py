"""Lists that are answered in pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.wire import AwsError


def paged(key: str, items: list[Any], params: Mapping[str, Any], *, limit: int) -> dict[str, Any]:
    """One page, and the token of the next; ``MaxResults`` and ``NextToken`` as SageMaker spells them."""
    size = min(params.get("MaxResults") or limit, limit)
    try:
        start = int(base64.b64decode(params.get("NextToken") or "MA=="))
    except ValueError:
        raise AwsError("ValidationException", "Invalid pagination token.") from None
    page: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        page["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return page
