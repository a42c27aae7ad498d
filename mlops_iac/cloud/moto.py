"""moto, asked one request at a time, and clean errors for what it lacks."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

from mlops_iac.cloud.activities import is_pretended
from mlops_iac.cloud.wire import Answer, AwsError, Request

WsgiApp = Callable[..., Iterable[bytes]]

log = logging.getLogger("mlops_iac.cloud")

_UNLOCKED: Final = frozenset(
    {
        ("lambda", "Invoke"),  # the function's code may call back into this server
        ("sqs", "ReceiveMessage"),  # waits up to twenty seconds for a message that must be able to arrive
        ("sagemaker-runtime", "InvokeEndpoint"),
        ("sagemaker-runtime", "InvokeEndpointAsync"),
    }
)


class Moto:
    """moto's WSGI application behind ``locked``, because moto is not thread safe."""

    def __init__(self, app: WsgiApp, locked: Callable[[str], contextlib.AbstractContextManager[None]]) -> None:
        self._app, self._locked = app, locked

    def ask(self, request: Request) -> Answer:
        """Its answer; `AwsError` with ``NotImplemented`` for what it lacks, only pretends, or crashes on."""
        if request.service and request.operation and is_pretended(request.service, request.operation):
            raise _not_emulated(request, "nothing would happen")
        unlocked = (request.service, request.operation) in _UNLOCKED
        try:
            with contextlib.nullcontext() if unlocked else self._locked(request.service or "s3"):
                answer = _run_wsgi(self._app, request.for_moto())
        except NotImplementedError as error:
            raise _not_emulated(request, str(error)) from error
        except AttributeError as error:
            if "'NoneType' object has no attribute 'replace'" in str(error):  # how moto meets a service it lacks
                raise _not_emulated(request, "moto has no such service") from error
            raise _crashed(request, error) from error
        except AwsError:
            raise
        except Exception as error:
            raise _crashed(request, error) from error
        html = any(k.lower() == "content-type" and v.startswith("text/html") for k, v in answer.headers)
        if answer.status in (404, 405) and html and _is_page(answer.body):
            raise _not_emulated(request, "moto has no such route")
        return answer


def _not_emulated(request: Request, reason: str) -> AwsError:
    what = f"{request.service}:{request.operation or request.environ.get('PATH_INFO')}"
    log.warning("Not emulated: %s (%s)", what, reason)
    return AwsError("NotImplemented", f"The embedded cloud does not offer {what}.", 501)


def _is_page(body: object) -> bool:
    return isinstance(body, bytes) and b"<!doctype html>" in body[:100].lower()


def _crashed(request: Request, error: Exception) -> AwsError:
    """moto's own mistakes are answers too: it does not do this. A status of 500 would make SDKs ask again and again."""
    log.warning("%s:%s crashed in moto.", request.service, request.operation, exc_info=True)
    what = f"{request.service}:{request.operation}"
    reason = f"{type(error).__name__}: {error}"
    message = f"The embedded cloud does not offer {what} with these parameters, or for what they name ({reason})."
    return AwsError("NotImplemented", message, 501)


def _run_wsgi(app: WsgiApp, environ: dict[str, Any]) -> Answer:
    from mlops_iac.cloud.moto_patches.s3_bodies import Unread, taken_unread

    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        started.append((status, headers))

    with taken_unread():
        chunks = app(environ, start_response)
        try:
            found = list(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close:
                close()
    body = found[0].body if found and isinstance(found[0], Unread) else b"".join(found)
    status, headers = started[-1]
    return Answer(int(status.split(" ", 1)[0]), list(headers), body)
