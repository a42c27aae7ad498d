"""Bodies are read while a save looks which of them are named: neither waits for the other."""

from __future__ import annotations

import threading
from pathlib import Path

from mlops_iac.cloud.blobs import Blobs


def test_a_body_is_found_while_a_sweep_asks_what_is_named(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    with blobs.writer() as writer:
        writer.write(b"x" * 9_000_000)
        body = writer.finish()
    place = body.blobs[0].place
    found = threading.Event()

    def read() -> None:  # as whoever reads an entry of the database does, under its lock
        blobs.at(place)
        found.set()

    def is_named(file: str) -> bool:
        """The database's answer, which waits for that reader."""
        threading.Thread(target=read, daemon=True).start()
        answers.append(found.wait(10))
        return True

    answers: list[bool] = []
    blobs.sweep(is_named)
    assert answers == [True]
    assert (tmp_path / place.file).is_file()
