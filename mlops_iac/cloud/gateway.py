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
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from mlops_iac.clients import DEFAULT_ACCOUNT, Clients
from mlops_iac.cloud import uploads, wire
from mlops_iac.cloud.bells import Bells
from mlops_iac.cloud.blobs import Blobs
from mlops_iac.cloud.changes import Changes
from mlops_iac.cloud.database import Database
from mlops_iac.cloud.disk import Disk
from mlops_iac.cloud.hooks import Hooks
from mlops_iac.cloud.iam.assuming import Roles
from mlops_iac.cloud.iam.enforcer import Enforcer
from mlops_iac.cloud.moto import Moto, WsgiApp
from mlops_iac.cloud.token import Token
from mlops_iac.cloud.wire import Answer, AwsError, Call, Request

__all__ = ["AwsError", "Call", "Gateway"]

Answered = TypeVar("Answered")

log = logging.getLogger("mlops_iac.cloud")

RESTORE_TIMEOUT: Final = 60.0
"""Seconds that a request waits for the state to be restored."""

_ACCOUNT: Final = re.compile(r"\d{12}")


class Gateway(Hooks, Changes):
    """The WSGI application of the embedded cloud, and what its parts (jobs, endpoints, patches) hook into."""

    def __init__(self, home: Path, moto: WsgiApp, token: Token) -> None:
        Hooks.__init__(self)
        Changes.__init__(self)
        self.home = home
        """The folder of this cloud on disk, 0700: ``jobs/`` and ``endpoints/`` live here."""
        self.token = token
        """Who has it is the owner; our own parts sign with ``token.owner`` where they act in no role."""
        self.endpoint = ""
        """``http://127.0.0.1:<port>`` once the server listens."""
        self.store: dict[str, dict[Any, Any]] = defaultdict(dict)
        """State of our own parts by name, plain data only. It is saved and restored with moto's."""
        self.own: dict[tuple[str, str], Callable[..., dict[str, Any]]] = {}
        """Our own API: (method, last part of the path under ``/_mlops-iac/``) to what answers."""
        self.at_once: dict[tuple[str, str], Callable[[Call], dict[str, Any] | None]] = {}
        """What `relay.make_calls` asks for by the thousand, by service and boto3's method: questions only, whose owner
        may ask them. None says that the wire is to be asked."""
        self.by_header: dict[str, Callable[[dict[str, Any], str], Answer]] = {}
        """Requests that are no operation of AWS's models: the header that marks them (as WSGI names it), to what
        answers, given the request and the account."""
        self.by_path: dict[str, Callable[[dict[str, Any], str], Answer]] = {}
        """The same by what the path begins with."""
        self.reports: dict[str, Callable[[], Any]] = {}
        """What parts add to the status: ``gateway.reports["jobs"] = lambda: {"running": 2}``."""
        self.iam = Enforcer(self)
        """Who may do what. Everything but the person acts in a role, by the clients of `roles`."""
        self.roles = Roles(self)
        self.bells = Bells()
        """Rings for who waits for a job, an endpoint or an execution."""
        self.guests: dict[int, Callable[[Request], None]] = {}
        """By client port: what is asked before a request of a job with a network of its own is answered."""
        self._moto = Moto(moto, self.locked)
        self.ready = threading.Event()
        """Set once the state is restored; requests wait for it."""
        self.disk = Disk(home)
        self.blobs = Blobs(home / "objects")
        """The bodies of this cloud's S3 objects, and whatever else is too large, or too old, for the snapshot."""
        self.database = Database(home, self.blobs)
        """Entries of shelves: whatever grows with what was ever done."""
        self.closed = False
        """True once the last snapshot is being saved: nothing may change any more."""
        self._clients: dict[tuple[str, str], Clients] = {}
        self._lock = threading.RLock()

    # What parts use ---------------------------------------------------------------------------------------------

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

    def holding(self, service: str, fn: Callable[[Call], Answered]) -> Callable[[Call], Answered]:
        """``fn`` as a hook that holds moto still while it runs."""

        def held(call: Call) -> Answered:
            with self.locked(service):
                return fn(call)

        return held

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
        from mlops_iac.cloud import own_api, own_calls

        path = environ.get("PATH_INFO", "")
        if path.startswith(own_calls.PREFIX) and self._is_guest(environ):
            return self._turn_away(environ, 403, "A job does not steer the embedded cloud.")
        if path.startswith(own_calls.PREFIX):
            return own_api.answer(self.own, environ, wire.read_body(environ), self.token)
        if f"{path}/".startswith("/moto-api/"):
            return self._turn_away(environ, 404, "moto's own API is not served.")
        if self.closed or not self.ready.wait(RESTORE_TIMEOUT):
            return self._turn_away(environ, 503, "The embedded cloud is starting or stopping.")
        request = None
        try:
            other = self._find_other(environ, path)
            if other:
                return other(environ, _account_of(environ))
            request = self._admit(environ)
            answer = self._through_hooks(request)
        except AwsError as error:
            request = request or wire.read_head(environ)
            answer = wire.serialise_error(request, error)
        except Exception as error:
            uploads.discard(environ)  # it may have crashed before the body was read
            request = request or wire.read_head(environ)
            log.exception("%s:%s crashed.", request.service, request.operation)
            answer = wire.serialise_error(request, AwsError("InternalFailure", f"{type(error).__name__}: {error}", 500))
        self.tell_answered(request, answer)
        if answer.status >= 400:
            self.blobs.drop(uploads.forget(environ))
        elif request.changes:
            self.touch()
        return answer

    def _find_other(self, environ: Mapping[str, Any], path: str) -> Callable[[dict[str, Any], str], Answer] | None:
        by_path = next((fn for prefix, fn in self.by_path.items() if path.startswith(prefix)), None)
        return by_path or next((fn for name, fn in self.by_header.items() if name in environ), None)

    def _is_guest(self, environ: dict[str, Any]) -> bool:
        return int(environ.get("REMOTE_PORT") or 0) in self.guests

    def check_guest(self, request: Request) -> None:
        """Refuse what the network of the job that asks does not reach."""
        check = self.guests.get(int(request.environ.get("REMOTE_PORT") or 0))
        if check:
            check(request)

    def _turn_away(self, environ: dict[str, Any], status: int, words: str) -> Answer:
        uploads.discard(environ)
        return Answer(status, [("Content-Type", "text/plain")], f"{words}\n".encode())

    def _admit(self, environ: dict[str, Any]) -> Request:
        """A request that its caller may make, with its body: an object's in a file, anything else in memory.

        What the head says already is refused before the body is taken: a stranger's request, and an upload that is not
        allowed or finds no room.
        """
        service, _ = wire.find_service(environ)
        is_upload = uploads.is_upload(environ, service)
        try:
            self.iam.check_head(environ, _account_of(environ))
            if is_upload:
                self._authorise(wire.read_head(environ), environ)
                fault = self.disk.find_fault(int(environ.get("CONTENT_LENGTH") or 0))
                if fault:
                    raise self._no_room(fault)
        except AwsError:
            uploads.discard(environ)
            raise
        if is_upload:
            return self._receive(environ)
        request = wire.read(environ, wire.read_body(environ))
        fault = self.disk.find_fault(len(request.body)) if request.changes else ""
        if fault:
            raise self._no_room(fault)
        self._authorise(request, environ)
        return request

    def _authorise(self, request: Request, environ: dict[str, Any]) -> None:
        self.check_guest(request)
        self.prepare(request.service or "s3")
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self.iam.authorise(request, _account_of(request.environ))

    def _receive(self, environ: dict[str, Any]) -> Request:
        """An upload, its body in a file."""
        try:
            environ[uploads.RECEIVED] = uploads.receive(environ, self.blobs)
        except uploads.Refused as refused:
            raise AwsError(refused.code, refused.message, refused.status) from refused
        except OSError as error:
            raise self._no_room(str(error.strerror or error)) from error
        return wire.read(environ, b"")

    def _no_room(self, fault: str) -> AwsError:
        return AwsError("InsufficientStorage", f"The embedded cloud cannot save changes in {self.home}: {fault}.", 507)

    def _through_hooks(self, request: Request) -> Answer:
        key = (request.service or "", request.operation or "")
        instead, before, after = self._instead.get(key), self._before.get(key, ()), self._after.get(key, ())
        if instead is None and not before and not after:
            return self._moto.ask(request)
        call = wire.parse(request, _account_of(request.environ))
        for hook in before:
            hook(call)
        answer = wire.serialise(request, instead(call)) if instead else self._moto.ask(request)
        if answer.status < 300:
            for hook in after:
                hook(call)
        return answer


def _account_of(environ: Mapping[str, Any]) -> str:
    """The account that our clients name in a header; anybody else's request is the default account's."""
    named = str(environ.get("HTTP_X_MOTO_ACCOUNT_ID", ""))
    return named if _ACCOUNT.fullmatch(named) else DEFAULT_ACCOUNT
