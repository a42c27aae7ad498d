"""Where an API answers: on AWS, and on the embedded cloud, whose server has one address for everything."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

PREFIX: Final = "/_aws/execute-api/"
"""Below it the embedded cloud answers the callers of APIs: ``/_aws/execute-api/<api>/<stage>/<path>``."""


def address_of(url: str, endpoint: str | None) -> str:
    """An API's URL as it can be asked: AWS's own, or what stands for it at an embedded cloud's ``endpoint``."""
    if endpoint is None:
        return url
    parts = urlsplit(url)
    return f"{endpoint}{PREFIX}{(parts.hostname or '').split('.')[0]}{parts.path}"
