"""The live view's screen, when several threads have something to say at once."""

from __future__ import annotations

import io
import re
import threading
import time

from mlops_iac.engine.event import Diagnostic
from mlops_iac.render.live import LiveView
from tests.render.conftest import Clock, Story, component, resource
from tests.support.terminal import Screen

SPINNING = re.compile(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] \S")


class SlowTerminal(io.StringIO):
    """Shows what is written after a while, as a loaded machine does."""

    def write(self, text: str) -> int:
        time.sleep(0.002)
        return super().write(text)


def test_whoever_speaks_while_the_picture_grows_leaves_none_of_it_behind(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    terminal = SlowTerminal()
    with LiveView(terminal, color=False) as view:
        story = Story(view, Clock())
        speakers = [threading.Thread(target=_speak, args=(view, name)) for name in ("warning", "answer", "word")]
        for speaker in speakers:
            speaker.start()
        for layer in range(20):
            name = f"layer{layer}"
            story.begin(component(name), resource(name, "bucket"))
            time.sleep(0.01)
        for speaker in speakers:
            speaker.join()
    screen = Screen(80, 24)
    screen.feed(terminal.getvalue().replace("\n", "\r\n"))
    assert not SPINNING.search(screen.text), screen.text
    assert [screen.text.count(f"{name} {turn} ") for name in ("warning", "answer") for turn in range(10)] == [1] * 20


def _speak(view: LiveView, name: str) -> None:
    for turn in range(10):
        view(Diagnostic(severity="warning", message=f"{name} {turn} said"))
        time.sleep(0.02)
