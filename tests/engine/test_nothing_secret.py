"""One stack with secrets everywhere, through much that can go wrong: nothing written or said holds any of them."""

from __future__ import annotations

import base64
import json
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pulumi
import pytest

from mlops_iac.core.errors import CloudError, MlopsError
from tests.engine.conftest import Stack
from tests.engine.programs import Box, Thing

WORDS = ("hunter2", "s3cret/with space+plus", "word-of-a", "old p@ss")
"""Of the configuration, of an input, of the cloud's own making, of an input that changes."""

NEW = ("new-password-1", "new-password-2", "new-password-3")
"""Named by variables only: a traceback shows the lines of this file."""

Options = pulumi.ResourceOptions


def spellings(word: str) -> set[str]:
    """In clear, as JSON has it, URL-encoded, and in base64 at each of the three places a byte can have in it."""
    encoded = {word, json.dumps(word)[1:-1], quote(word, safe=""), quote_plus(word)}
    data = word.encode()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + data).decode()
        encoded.add(whole[-(-8 * shift // 6) : 8 * (shift + len(data)) // 6])  # the letters that it alone decides
    return {text for text in encoded if len(text) > 5}


def program(password: str = WORDS[3], *, broken: bool = False, place: str = "north") -> Any:
    def run() -> None:
        token = pulumi.Config().require_secret("token")
        box = Box("box")
        here = Options(parent=box)
        a = Thing(
            "a",
            here,
            label="a",
            password_in=pulumi.Output.secret(password),
            nested={"deep": [token, {"deeper": pulumi.Output.secret(WORDS[1])}]},
        )
        Thing("b", here, source=a.password, place=place, joined=pulumi.Output.concat("x:", token, ":y"))
        encoded = token.apply(lambda word: base64.b64encode(word.encode()).decode())
        Thing("c", here, blob=encoded, link=token.apply(lambda word: f"https://u:{quote(word)}@host"))
        box.register_outputs({"token": token, "word": a.password})
        pulumi.export("token", token)
        pulumi.export("word", a.password)
        pulumi.export("mixed", {"open": 1, "closed": a.password})
        if broken:
            Thing("d", broken=True, word=token)

    return run


class Heard:
    """Everything that was said: results, events and errors, with their tracebacks."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.said = stack, []  # type: ignore[var-annotated]

    def run(self, operation: Any) -> None:
        try:
            result = operation()
            self.said += [repr(result), str(result.error), *(str(failure.error) for failure in result.failures)]
            self.said += [json.dumps([step.old, step.new], default=str) for step in result.steps]
        except MlopsError as error:
            self.said += [str(error), repr(error), "".join(traceback.format_exception(error))]
        self.said.append(repr(self.stack.events))


def test_no_secret_is_written_or_said(stack: Stack, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    heard, plan = Heard(stack), tmp_path / "plan.json"
    journals: list[str] = []
    stack.cloud.created = lambda label: journals.append(stack.journal.read_text())
    heard.run(lambda: stack.preview(program()))
    heard.run(lambda: stack.preview(program(), plan=plan))
    heard.run(lambda: stack.up(program(), plan=plan))
    heard.run(lambda: stack.preview(program(NEW[0], place="south"), plan=plan))
    heard.run(lambda: stack.up(program(NEW[1]), plan=plan))
    heard.run(lambda: stack.up(program(NEW[0], place="south")))
    heard.run(lambda: stack.up(program(broken=True)))
    stack.cloud.fails["update", "a"] = CloudError("Denied.", "no right to do this", code="AccessDenied")
    heard.run(lambda: stack.up(program(NEW[2])))
    stack.cloud.fails.clear()
    stack.cloud.things["a"]["size"] = 7
    heard.run(lambda: stack.deployment.refresh(preview=True, on_event=stack.events.append))
    heard.run(stack.deployment.refresh)
    stack.cloud.fails["delete", "a"] = CloudError("In use.", "by somebody")
    heard.run(stack.destroy)
    captured = capfd.readouterr()
    written = {str(path): path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) > 10
    assert len(journals) >= 3
    everything = {**written, "said": "\n".join(heard.said), "printed": captured.out + captured.err}
    everything["journals"] = "\n".join(journals)
    words = [*WORDS, *NEW]
    found = [
        f"{text!r} (of {word!r}) is in {place}"
        for place, content in everything.items()
        for word in words
        for text in spellings(word)
        if text in content
    ]
    assert found == []


def test_the_search_would_find_a_secret() -> None:
    for word in WORDS:
        for around in ("", "a", "ab"):
            assert any(text in base64.b64encode((around + word + "!!").encode()).decode() for text in spellings(word))
        assert any(text in f"https://x/{quote(word, safe='')}?q" for text in spellings(word))
        assert any(text in json.dumps({"k": word}) for text in spellings(word))
