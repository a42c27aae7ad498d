"""Arrays from requests and to answers."""

from __future__ import annotations

from typing import Any

import mlops_iac_content  # type: ignore[import-not-found, unused-ignore]

from . import errors


def decode(obj: Any, content_type: str) -> Any:
    return _or_unsupported(mlops_iac_content.decode, obj, content_type)


def encode(array_like: Any, content_type: str) -> Any:
    return _or_unsupported(mlops_iac_content.encode, array_like, content_type)


def _or_unsupported(work: Any, value: Any, content_type: str) -> Any:
    try:
        return work(value, content_type)
    except mlops_iac_content.Unsupported as error:
        raise errors.UnsupportedFormatError(content_type) from error


default_decoder, default_encoder = decode, encode
