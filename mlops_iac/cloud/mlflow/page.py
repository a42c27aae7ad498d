"""MLflow's page for a browser, as a presigned address leads to it: one port on loopback for each app.

The cloud itself turns web pages away, and MLflow's own server asks nobody who he is. So a page has a port of its own,
opened when an address is asked for and closed with the app. The address holds a token that is used once, soon; who
brings it gets a cookie, and nothing is answered without that cookie: not to another person of this machine, nor to a
page of another site, nor under a host name that leads here.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedMlflowAppUrl.html
"""

from __future__ import annotations

import hmac
import http.client
import logging
import secrets
import threading
import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from mlops_iac.cloud.endpoints.serving import Response
from mlops_iac.cloud.wire import AwsError
from mlops_iac.core.peers import is_own_connection

LOOPBACK: Final = "127.0.0.1"
PATH: Final = "/auth"
COOKIE: Final = "mlops-iac-mlflow"
USUAL_EXPIRY, USUAL_SESSION = 300, 43_200
"""Seconds that an address can be used for the first time, and that it is good for then."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a request's body."""
_PASSED: Final = ("Accept", "Content-Type", "If-None-Match", "If-Modified-Since", "User-Agent")
_ANSWERED: Final = (
    "cache-control", "content-disposition", "content-type", "etag", "last-modified", "x-content-type-options",
)  # fmt: skip

Ask = Callable[[str, str, bytes, dict[str, str]], Response]
"""One request of MLflow's server: method, path, body, headers."""

log = logging.getLogger("mlops_iac.cloud")


class Page:
    """One app's page. ``ask`` is its server, which it starts when it has to."""

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self.ask, self._clock = ask, clock
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[float, int]] = {}
        self._sessions: dict[str, float] = {}
        page = self

        class Handler(_Handler):
            of = page

        self._http = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, name="mlflow-page", daemon=True).start()

    @property
    def host(self) -> str:
        return f"{LOOPBACK}:{self._http.server_port}"

    def address(self, expiry: int = USUAL_EXPIRY, session: int = USUAL_SESSION) -> str:
        """That lets one browser in."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens = {one: told for one, told in self._tokens.items() if told[0] > self._clock()}
            self._tokens[token] = (self._clock() + expiry, session)
        return f"http://{self.host}{PATH}?authToken={token}"

    def enter(self, token: str) -> str:
        """A session for a token, which is used up; empty when it is none."""
        with self._lock:
            until, lasts = self._tokens.pop(token, (0.0, 0))
            if until <= self._clock():
                return ""
            session = secrets.token_urlsafe(32)
            self._sessions = {one: end for one, end in self._sessions.items() if end > self._clock()}
            self._sessions[session] = self._clock() + lasts
            return session

    def knows(self, session: str) -> bool:
        with self._lock:
            open_now = [one for one, end in self._sessions.items() if end > self._clock()]
        return any(hmac.compare_digest(one.encode(), session.encode()) for one in open_now)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    of: Page
    server_version, sys_version = "mlops-iac", ""

    def do_GET(self) -> None:
        if self._is_stranger():
            self._say(403, "This page is for the person whose embedded cloud it is.")
        elif urlsplit(self.path).path == PATH:
            self._enter()
        elif not self.of.knows(self._session()):
            self._say(403, "This address was used, or is too old. `mlops-iac tracking STACK --open` makes another one.")
        else:
            self._pass_on()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET

    def _is_stranger(self) -> bool:
        """Another person's process, another host's name, or a page of another site that sends requests here."""
        if not is_own_connection(self.client_address, self.connection.getsockname()):
            return True
        if self.headers.get("Host") != self.of.host:
            return True
        origin = self.headers.get("Origin")
        return origin is not None and origin != f"http://{self.of.host}"

    def _enter(self) -> None:
        token = parse_qs(urlsplit(self.path).query).get("authToken", [""])[0]
        session = self.of.enter(token)
        if not session:
            self._say(403, "This address was used, or is too old. `mlops-iac tracking STACK --open` makes another one.")
            return
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Set-Cookie", f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _session(self) -> str:
        try:
            found = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            return ""
        return found.value if found else ""

    def _pass_on(self) -> None:
        given = self.headers.get("Content-Length") or "0"
        if not given.isdigit() or int(given) > MOST_BYTES:
            self._say(413, f"A request may have {MOST_BYTES} bytes.")
            return
        headers = {name: self.headers[name] for name in _PASSED if self.headers.get(name)}
        try:
            said = self.of.ask(self.command, self.path, self.rfile.read(int(given)), headers)
        except (AwsError, OSError, http.client.HTTPException) as error:
            self._say(502, f"MLflow does not answer: {error}")
            return
        self.send_response(said.status)
        for name in _ANSWERED:
            if name in said.headers:
                self.send_header(name, said.headers[name])
        self._end(said.body)

    def _say(self, status: int, text: str) -> None:
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self._end(f"{text}\n".encode())

    def _end(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Frame-Options", "DENY")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the first address that is asked for holds a token."""
