"""Whether external systems answer from here, and whether their secrets are as jobs need them. Nobody signs in."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlops_iac.doctor.checks import external
from mlops_iac.doctor.finding import Finding, Outcome
from mlops_iac.doctor.subject import Subject
from mlops_iac.external import FAMILY, System
from tests.doctor.cases import KEY, uses_it
from tests.support.recorded_aws import Answer


class Asked(BaseHTTPRequestHandler):
    seen: list[tuple[str, str | None]] = []

    def do_GET(self) -> None:
        Asked.seen.append((self.path, self.headers.get("Authorization")))
        self.send_response(401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Asked.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def system(kind: str, address: str, **written: str) -> System:
    found = FAMILY.find(kind)
    assert found is not None
    made: System = found.model_validate({"kind": kind, "address": address, **written})
    return made


def look(one: System) -> Finding:
    return external._reach("theirs", one)


def test_any_answer_is_one_and_nobody_is_signed_in(server: ThreadingHTTPServer) -> None:
    found = look(system("prometheus", f"http://127.0.0.1:{server.server_port}/prometheus", secret="acme/metrics"))
    assert found.outcome is Outcome.PASS
    assert "answers from this machine (HTTP 401)" in found.says
    assert Asked.seen == [("/prometheus", None)]


def test_a_server_without_tls_behind_https_is_told(server: ThreadingHTTPServer) -> None:
    found = look(system("grafana", f"https://127.0.0.1:{server.server_port}"))
    assert found.outcome is Outcome.WARN
    assert "does not answer from this machine" in found.says


def test_a_certificate_that_nobody_trusts_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(address: str) -> int:
        error = ssl.SSLCertVerificationError("certificate verify failed")
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr(external, "_ask", refuse)
    found = look(system("grafana", "https://grafana.acme.com"))
    assert (found.outcome, "self-signed certificate" in found.says) == (Outcome.FAIL, True)


def test_nobody_there_is_told_with_the_reason() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = look(system("prometheus", f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert (found.outcome, "refused" in found.says) == (Outcome.WARN, True)


def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "PATIENCE", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        found = look(system("prometheus", f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert (found.outcome, "nothing came within 0.2 s" in found.says) == (Outcome.WARN, True)


@pytest.mark.parametrize(
    ("answer", "written", "says", "fix"),
    [
        ({"KmsKeyId": KEY}, {}, f"is encrypted by {KEY}, which jobs may not use", "external.wandb.secret_key_arn"),
        ({}, {"secret_key_arn": KEY}, "is not encrypted by", "correct `secret_key_arn`"),
        ({"DeletedDate": 1.0}, {}, "is being deleted", "restore it"),
    ],
)
def test_a_secret_that_jobs_could_not_read_is_a_fault(
    answer: Answer, written: dict[str, str], says: str, fix: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Subject(root=project, stack="screening-dev", cloud="embedded", connect=None, build=None)  # type: ignore[arg-type]
    lines = [*external.check(uses_it(answer, **written)(asked, monkeypatch))]
    assert [line.outcome for line in lines] == [Outcome.PASS, Outcome.FAIL]
    assert (says in lines[1].says, fix in lines[1].fix) == (True, True)


def test_a_cloud_that_does_not_run_is_not_started(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Subject(root=project, stack="screening-dev", cloud="embedded", connect=None, build=None)  # type: ignore[arg-type]
    uses_it({})(asked, monkeypatch)
    lines = [*external.check(asked)]
    assert [line.outcome for line in lines] == [Outcome.PASS, Outcome.WARN]
    assert "the embedded cloud does not run" in lines[1].says


def test_a_stack_without_any_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Subject, "opened", SimpleNamespace(options=SimpleNamespace()))
    asked = Subject(root=None, stack="screening-dev", cloud="aws", connect=None, build=None)  # type: ignore[arg-type]
    assert [line.says for line in external.check(asked)] == ["the stack uses none"]
