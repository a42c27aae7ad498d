"""MLflow's page for a browser: who gets in, and who does not."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from mlops_iac.cloud.endpoints.serving import Response
from mlops_iac.cloud.mlflow import page as page_module
from mlops_iac.cloud.mlflow.page import COOKIE, Page
from mlops_iac.cloud.wire import AwsError

Said = tuple[int, str, dict[str, str]]


class Browser:
    """What a browser would send to a page."""

    def __init__(self, page: Page) -> None:
        self.page, self.cookie = page, ""

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> Said:
        connection = http.client.HTTPConnection(self.page.host, timeout=10)
        given = {"Cookie": self.cookie, **headers} if self.cookie else headers
        connection.request(method, path, body or None, given)
        answer = connection.getresponse()
        said = answer.read().decode()
        connection.close()
        return answer.status, said, {name.lower(): value for name, value in answer.getheaders()}

    def enter(self, address: str) -> Said:
        parts = urlsplit(address)
        said = self.ask(f"{parts.path}?{parts.query}")
        self.cookie = said[2].get("set-cookie", "").split(";")[0]
        return said


@pytest.fixture
def asked() -> list[tuple[str, str, bytes]]:
    return []


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def browser(asked: list[tuple[str, str, bytes]], now: list[float]) -> Iterator[Browser]:
    def answer(method: str, path: str, body: bytes, headers: dict[str, str]) -> Response:
        assert not {name.lower() for name in headers} & {"cookie", "host"}
        if path == "/down":
            raise AwsError("InternalFailure", "The MLflow server could not be started.")
        asked.append((method, path, body))
        return Response(200, b"the page", {"content-type": "text/html", "x-internal": "1"})

    page = Page(answer, lambda: now[0])
    yield Browser(page)
    page.close()


def test_an_address_lets_one_browser_in_once(browser: Browser, asked: list[tuple[str, str, bytes]]) -> None:
    address = browser.page.address()
    status, _, headers = browser.enter(address)
    assert (status, headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=Lax"} <= set(headers["set-cookie"].split("; "))
    status, said, headers = browser.ask("/#/experiments?x=1")
    assert (status, said, headers["content-type"]) == (200, "the page", "text/html")
    assert headers["x-frame-options"] == "DENY"
    assert "x-internal" not in headers
    assert browser.ask("/ajax-api/2.0/mlflow/runs/search", "POST", "{}")[0] == 200
    assert asked[-1] == ("POST", "/ajax-api/2.0/mlflow/runs/search", b"{}")
    status, said, headers = Browser(browser.page).enter(address)
    assert (status, "set-cookie" in headers) == (403, False)
    assert "was used, or is too old" in said


@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=", f"{COOKIE}=guess", f"{COOKIE}=\xe9", "other=1", '="; ='])
def test_without_a_session_nothing_is_answered(browser: Browser, cookie: str, asked: list[object]) -> None:
    browser.enter(browser.page.address())
    browser.cookie = cookie
    assert browser.ask("/")[0] == 403
    assert browser.ask("/auth?authToken=guess")[0] == 403
    assert asked == []


def test_an_address_and_a_session_end(browser: Browser, now: list[float]) -> None:
    late = browser.page.address(expiry=5)
    now[0] = 6
    assert browser.enter(late)[0] == 403
    browser.enter(browser.page.address(session=1800))
    now[0] = 1805
    assert browser.ask("/")[0] == 200
    now[0] = 1807
    assert browser.ask("/")[0] == 403


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://localhost"])
def test_pages_of_other_sites_get_nothing(browser: Browser, origin: str, asked: list[object]) -> None:
    browser.enter(browser.page.address())
    assert browser.ask("/", "POST", "{}", Origin=origin)[0] == 403
    assert asked == []


@pytest.mark.parametrize("host", ["evil.example.com", "localhost", "127.0.0.1"])
def test_other_names_of_this_machine_lead_nowhere(browser: Browser, host: str, asked: list[object]) -> None:
    browser.enter(browser.page.address())
    assert browser.ask("/", Host=host)[0] == 403
    assert asked == []


def test_another_persons_process_gets_nothing(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, asked: list[object]
) -> None:
    address = browser.page.address()
    monkeypatch.setattr(page_module, "is_own_connection", lambda client, server: False)
    assert browser.enter(address)[0] == 403
    monkeypatch.undo()
    assert browser.enter(address)[0] == 303, "and has used nothing up"
    assert asked == []


def test_a_server_that_does_not_start_says_so(browser: Browser) -> None:
    browser.enter(browser.page.address())
    status, said, _ = browser.ask("/down")
    assert status == 502
    assert "The MLflow server could not be started." in said


@pytest.mark.parametrize("length", ["x", "-1", str(10**12)])
def test_a_length_that_cannot_be_is_refused(browser: Browser, length: str) -> None:
    browser.enter(browser.page.address())
    connection = http.client.HTTPConnection(browser.page.host, timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("Cookie", browser.cookie)
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
