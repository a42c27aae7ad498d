"""Our front over moto: hooks around its operations, clean errors for what it lacks, and one lock.

The order in which a request is answered: IAM, ``before`` hooks, then an ``instead`` hook or moto, then ``after`` hooks.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from mlops_iac.clients import DEFAULT_ACCOUNT, Clients
from mlops_iac.cloud import uploads, wire
from mlops_iac.cloud.activities import is_pretended
from mlops_iac.cloud.bells import Bells
from mlops_iac.cloud.blobs import Blobs
from mlops_iac.cloud.disk import Disk
from mlops_iac.cloud.iam.assuming import Roles
from mlops_iac.cloud.iam.enforcer import Enforcer
from mlops_iac.cloud.news import News
from mlops_iac.cloud.token import Token
from mlops_iac.cloud.wire import Answer, AwsError, Call, Request

__all__ = ["AwsError", "Call", "Gateway"]

Instead = Callable[[Call], dict[str, Any]]
Hook = Callable[[Call], None]
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
RESTORE_TIMEOUT: Final = 60.0
"""Seconds that a request waits for the state to be restored."""

_ACCOUNT: Final = re.compile(r"\d{12}")


class Gateway:
    """The WSGI application of the embedded cloud, and what its parts (jobs, endpoints, patches) hook into.

    Hooks run without the lock: whoever touches moto's backends takes it with `locked`.
    """

    def __init__(self, home: Path, moto: WsgiApp, token: Token) -> None:
        self.home = home
        """The folder of this cloud on disk, 0700: ``jobs/`` and ``endpoints/`` live here."""
        self.token = token
        """Who has it is the owner; our own parts sign with ``token.owner`` where they act in no role."""
        self.endpoint = ""
        """``http://127.0.0.1:<port>`` once the server listens."""
        self.store: dict[str, dict[Any, Any]] = defaultdict(dict)
        """State of our own parts by name, plain data only. It is saved and restored with moto's."""
        self.own: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {}
        """Our own API: (method, last part of the path under ``/_mlops-iac/``) to what answers."""
        self.reports: dict[str, Callable[[], Any]] = {}
        """What parts add to the status: ``gateway.reports["jobs"] = lambda: {"running": 2}``."""
        self.iam = Enforcer(self)
        """Who may do what. Everything but the person acts in a role, by the clients of `roles`."""
        self.roles = Roles(self)
        self.bells = Bells()
        """Rings for who waits for a job, an endpoint or an execution."""
        self.guests: dict[int, Callable[[Request], None]] = {}
        """By client port: what is asked before a request of a job with a network of its own is answered."""
        self._moto = moto
        self._instead: dict[tuple[str, str], Instead] = {}
        self._before: dict[tuple[str, str], list[Hook]] = defaultdict(list)
        self._after: dict[tuple[str, str], list[Hook]] = defaultdict(list)
        self._when_used: dict[str, list[Callable[[], None]]] = defaultdict(list)
        self.ready = threading.Event()
        """Set once the state is restored; requests wait for it."""
        self.disk = Disk(home)
        self.blobs = Blobs(home / "objects")
        """The bodies of this cloud's S3 objects, and whatever else is too large, or too old, for the snapshot."""
        self.closed = False
        """True once the last snapshot is being saved: nothing may change any more."""
        self._on: dict[str, list[Callable[[], None]]] = defaultdict(list)
        self._on_news: list[Callable[[News], None]] = []
        self._on_published: list[Callable[[str, str, set[tuple[str, str]]], None]] = []
        self._clients: dict[tuple[str, str], Clients] = {}
        self._lock = threading.RLock()
        self._preparing = threading.RLock()
        self._changes = threading.Condition()
        self._changed = 0
        self._marked = False
        self.on_first_change: Callable[[], object] = lambda: None
        """Called with the first change that no snapshot holds, before whoever made it is answered."""

    # What parts hook into ---------------------------------------------------------------------------------------

    def instead(self, service: str, operation: str, fn: Instead) -> None:
        """Answer an operation with ``fn``'s result (botocore's output shape); moto is not asked."""
        self._instead[service, operation] = fn

    def is_ours(self, service: str, operation: str) -> bool:
        """Whether a part of ours answers an operation, so that moto is not asked."""
        return (service, operation) in self._instead

    def before(self, service: str, operation: str, fn: Hook) -> None:
        """Look at a call before it is answered; `AwsError` refuses it."""
        self._before[service, operation].append(fn)

    def after(self, service: str, operation: str, fn: Hook) -> None:
        """Told when an operation was answered with success, before the client sees the answer."""
        self._after[service, operation].append(fn)

    def when_used(self, service: str, fn: Callable[[], None]) -> None:
        """Call ``fn`` once, before the service's first request: for patches whose modules are slow to import."""
        self._when_used[service].append(fn)

    def prepare(self, service: str) -> None:
        """Run what waits for a service's first use. Cheap when there is nothing."""
        if service in self._when_used:
            with self._preparing:
                for fn in self._when_used.get(service, ()):
                    fn()
                self._when_used.pop(service, None)

    def on_restore(self, fn: Callable[[], None]) -> None:
        """Called once after a snapshot was loaded and before the first request: settle what was running.

        The server does not answer yet: use `store` and `locked`, not `clients` (for those there is `on_start`).
        """
        self._on["restore"].append(fn)

    def on_start(self, fn: Callable[[], None]) -> None:
        """Called once when `endpoint` is known and requests are answered."""
        self._on["start"].append(fn)

    def on_reset(self, fn: Callable[[], None]) -> None:
        """Called when the whole cloud is emptied: stop what runs, forget everything."""
        self._on["reset"].append(fn)

    def on_stop(self, fn: Callable[[], None]) -> None:
        """Called before the last snapshot is saved: stop what runs. At most a few seconds."""
        self._on["stop"].append(fn)

    def on_news(self, fn: Callable[[News], None]) -> None:
        """Told of what happens in this cloud. ``fn`` runs in the thread of whoever tells, without the lock."""
        self._on_news.append(fn)

    def tell_news(self, news: News) -> None:
        """Say what happened. A listener that fails is logged; who tells is not disturbed."""
        for fn in self._on_news:
            _quietly(fn, news)

    def on_published(self, fn: Callable[[str, str, set[tuple[str, str]]], None]) -> None:
        """Told the account, the region and (namespace, metric) of data points that a service published."""
        self._on_published.append(fn)

    def tell_published(self, account_id: str, region: str, metrics: set[tuple[str, str]]) -> None:
        for fn in self._on_published:
            _quietly(fn, account_id, region, metrics)

    def tell(self, event: str) -> None:
        """Run the callbacks of ``restore``, ``start``, ``reset`` or ``stop``. One that raises is logged."""
        for fn in self._on[event]:
            _quietly(fn)

    def clients(self, region: str, account_id: str = DEFAULT_ACCOUNT) -> Clients:
        """Clients to this very server. Do not call them while holding the lock from inside a locked operation."""
        key = (region, account_id)
        if key not in self._clients:
            self._clients[key] = Clients.embedded(self.endpoint, region, account_id, credentials=self.token.owner)
        return self._clients[key]

    @contextlib.contextmanager
    def locked(self, service: str = "") -> Iterator[None]:
        """Hold moto still while its backends are touched from a thread of ours.

        moto is not thread safe, and its services reach into one another's backends (Batch makes ECS clusters, every
        call writes to IAM). So there is one lock for all services; under one interpreter lock that costs nothing.
        ``service`` says what is touched, for the reader.
        """
        with self._lock:
            yield

    @property
    def changes(self) -> int:
        """How often state changed since the start."""
        return self._changed

    def touch(self) -> None:
        """Say that state changed other than by a request, so that a snapshot is saved soon."""
        with self._changes:
            if not self._marked:
                self.on_first_change()
                self._marked = True
            self._changed += 1
            self._changes.notify_all()

    def all_kept(self, changes: int, fn: Callable[[], object]) -> None:
        """Say that a snapshot holds what changed up to then; ``fn`` is called when nothing has changed since."""
        with self._changes:
            if self._changed == changes:
                self._marked = False
                fn()

    def wait_for_change(self, seen: int, timeout: float) -> int:
        """Block until something changed after ``seen`` or ``timeout`` seconds passed; answers the change counter."""
        with self._changes:
            self._changes.wait_for(lambda: self._changed != seen, timeout)
            return self._changed

    # Answering --------------------------------------------------------------------------------------------------

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._guard(environ)
        if answer:
            uploads.discard(environ)
        else:
            answer = self._answer(environ)
        headers = [(k, v) for k, v in answer.headers if k.lower() not in ("status", "connection")]
        if not any(k.lower() in ("x-amzn-requestid", "x-amz-request-id") for k, _ in headers):
            headers.append(("x-amzn-RequestId", str(uuid.uuid4())))  # the interpreter of state machines demands one
        if not any(k.lower() == "content-length" for k, _ in headers):
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(f"{answer.status} {'OK' if answer.status < 400 else 'Error'}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else answer.chunks()

    def _guard(self, environ: dict[str, Any]) -> Answer | None:
        """Web pages must not use this server: neither by a script, nor by a name that resolves to loopback."""
        host = environ.get("HTTP_HOST", "").rsplit(":", 1)[0]
        if host not in ("127.0.0.1", "localhost") or "HTTP_ORIGIN" in environ:
            return Answer(
                403, [("Content-Type", "text/plain")], b"The embedded cloud answers this machine's tools only.\n"
            )
        return None

    def _answer(self, environ: dict[str, Any]) -> Answer:
        from mlops_iac.cloud import own_api

        path = environ.get("PATH_INFO", "")
        if path.startswith(own_api.PREFIX) and self._is_guest(environ):
            return Answer(403, [("Content-Type", "text/plain")], b"A job does not steer the embedded cloud.\n")
        if path.startswith(own_api.PREFIX):
            wire.read_body(environ)
            return own_api.answer(self.own, environ, self.token)
        if f"{path}/".startswith("/moto-api/"):
            return self._turn_away(environ, 404, "moto's own API is not served.")
        if self.closed or not self.ready.wait(RESTORE_TIMEOUT):
            return self._turn_away(environ, 503, "The embedded cloud is starting or stopping.")
        request = None
        try:
            request = self._receive(environ)
            self._check_guest(request)
            self.prepare(request.service or "s3")
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = self.iam.authorise(request, _account_of(request))
            answer = self._through_hooks(request)
        except AwsError as error:
            answer = wire.serialise_error(request or wire.read(environ, b""), error)
        except Exception as error:
            request = request or wire.read(environ, b"")
            log.exception("%s:%s crashed.", request.service, request.operation)
            answer = wire.serialise_error(request, AwsError("InternalFailure", f"{type(error).__name__}: {error}", 500))
        if answer.status < 400 and request and request.changes:
            self.touch()
        return answer

    def _is_guest(self, environ: dict[str, Any]) -> bool:
        return int(environ.get("REMOTE_PORT") or 0) in self.guests

    def _check_guest(self, request: Request) -> None:
        check = self.guests.get(int(request.environ.get("REMOTE_PORT") or 0))
        if check:
            check(request)

    def _turn_away(self, environ: dict[str, Any], status: int, words: str) -> Answer:
        uploads.discard(environ)
        return Answer(status, [("Content-Type", "text/plain")], f"{words}\n".encode())

    def _receive(self, environ: dict[str, Any]) -> Request:
        """The request with its body: an object's into a file, anything else in memory. Nothing that finds no room."""
        service, _ = wire.find_service(environ)
        if not uploads.is_upload(environ, service):
            request = wire.read(environ, wire.read_body(environ))
            fault = self.disk.find_fault(len(request.body)) if request.changes else ""
            if fault:
                raise self._no_room(fault)
            return request
        fault = self.disk.find_fault(int(environ.get("CONTENT_LENGTH") or 0))
        if fault:
            uploads.discard(environ)
            raise self._no_room(fault)
        try:
            environ[uploads.RECEIVED] = uploads.receive(environ, self.blobs)
        except uploads.Refused as refused:
            raise AwsError(refused.code, refused.message) from refused
        except OSError as error:
            raise self._no_room(str(error.strerror or error)) from error
        return wire.read(environ, b"")

    def _no_room(self, fault: str) -> AwsError:
        return AwsError("InsufficientStorage", f"The embedded cloud cannot save changes in {self.home}: {fault}.", 507)

    def _through_hooks(self, request: Request) -> Answer:
        key = (request.service or "", request.operation or "")
        instead, before, after = self._instead.get(key), self._before.get(key, ()), self._after.get(key, ())
        if instead is None and not before and not after:
            return self._ask_moto(request)
        call = wire.parse(request, _account_of(request))
        for hook in before:
            hook(call)
        answer = wire.serialise(request, instead(call)) if instead else self._ask_moto(request)
        if answer.status < 300:
            for hook in after:
                hook(call)
        return answer

    def _ask_moto(self, request: Request) -> Answer:
        if request.service and request.operation and is_pretended(request.service, request.operation):
            raise _not_emulated(request, "nothing would happen")
        unlocked = (request.service, request.operation) in _UNLOCKED
        try:
            with contextlib.nullcontext() if unlocked else self.locked(request.service or "s3"):
                answer = _run_wsgi(self._moto, request.for_moto())
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


def _quietly(fn: Callable[..., None], *arguments: Any) -> None:
    """One part that fails keeps no other from being told."""
    try:
        fn(*arguments)
    except Exception:
        log.exception("A part of the embedded cloud failed.")


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


def _account_of(request: Request) -> str:
    """The account that our clients name in a header; anybody else's request is the default account's."""
    named = str(request.environ.get("HTTP_X_MOTO_ACCOUNT_ID", ""))
    return named if _ACCOUNT.fullmatch(named) else DEFAULT_ACCOUNT


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
