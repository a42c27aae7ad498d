"""Errors as gRPC statuses. The code tells the engine whether the resource is as it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from mlops_iac.core.errors import MlopsError
from mlops_iac.engine.doing.calls import is_unsure
from mlops_iac.engine.handler import Unfinished
from mlops_iac.engine.values.wire import write_struct

log = logging.getLogger("mlops_iac.cloud.plugin")

Method = Callable[[Any, Any, Any], Any]


def refusing(method: Method) -> Method:
    """A method of the service that answers errors with a status and our three-part text."""

    @wraps(method)
    def guarded(service: Any, request: Any, context: Any) -> Any:
        try:
            return method(service, request, context)
        except Unfinished as error:
            unfinished = error
        except Exception as error:
            code, text = status_of(error)
            context.abort(code, text)
        context.abort_with_status(status_of_unfinished(unfinished))
        return None

    return guarded


@dataclass(frozen=True)
class Status(grpc.Status):
    """A status with details, as gRPC's rich error model sends them."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def status_of_unfinished(error: Unfinished) -> Status:
    """Tells the engine what was made: it records that with the reason, as ``initErrors``, and updates it next time
    (pulumi/pulumi, ``proto/pulumi/errors.proto`` and ``provider.proto``, ``ErrorResourceInitFailed``)."""
    from google.protobuf import any_pb2, struct_pb2

    properties = struct_pb2.Struct()
    write_struct(error.made.outputs, properties)
    detail = any_pb2.Any()
    detail.Pack(provider_pb2.ErrorResourceInitFailed(id=error.made.id, properties=properties, reasons=[str(error)]))
    code, text = grpc.StatusCode.UNKNOWN, str(error)
    rich = status_pb2.Status(code=code.value[0], message=text, details=[detail])
    return Status(code, text, (("grpc-status-details-bin", rich.SerializeToString()),))


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
