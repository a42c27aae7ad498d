"""Requests to numpy arrays."""

from __future__ import annotations

from typing import Any

import mlops_iac_content  # type: ignore[import-not-found, unused-ignore]

from . import content_types, errors

SUPPORTED_CONTENT_TYPES = [content_types.JSON, content_types.CSV, content_types.NPY]


def decode(obj: Any, content_type: str) -> Any:
    try:
        return mlops_iac_content.decode(obj, content_type)
    except mlops_iac_content.Unsupported as error:
        raise errors.UnsupportedFormatError(content_type) from error
