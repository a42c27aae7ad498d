"""Errors as gRPC statuses. The code tells the engine whether the resource is as it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import grpc

from mlops_iac.core.errors import MlopsError
from mlops_iac.engine.calls import is_unsure

log = logging.getLogger("mlops_iac.cloud.plugin")

Method = Callable[[Any, Any, Any], Any]


def refusing(method: Method) -> Method:
    """A method of the service that answers errors with a status and our three-part text."""

    @wraps(method)
    def guarded(service: Any, request: Any, context: Any) -> Any:
        try:
            return method(service, request, context)
        except Exception as error:
            code, text = status_of(error)
        context.abort(code, text)
        return None

    return guarded


def status_of(error: Exception) -> tuple[grpc.StatusCode, str]:
    """The engine takes ``INTERNAL`` and ``UNKNOWN`` to mean that nobody knows what became of the resource, and keeps
    the operation as pending; any other code means that nothing happened
    (pulumi/pulumi, ``sdk/go/common/resource/plugin/provider_plugin.go``, ``resourceStateAndError``)."""
    if is_unsure(error):
        return grpc.StatusCode.INTERNAL, str(error)
    if isinstance(error, MlopsError):
        return grpc.StatusCode.FAILED_PRECONDITION, str(error)
    log.error("A call of the engine failed.", exc_info=error)
    return grpc.StatusCode.INTERNAL, f"This is a bug in mlops-iac.\n  {type(error).__name__}: {error}"
