"""The Java of this machine, which Spark runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

VERSIONS: Final = (8, 11, 17)
"""That Spark 3.5 runs on: https://spark.apache.org/docs/3.5.6/ ("Downloading")."""
REMEDY: Final = "install a Java runtime 17 (`apt-get install openjdk-17-jre-headless`, `brew install openjdk@17`)"
_VERSION: Final = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True)
class Java:
    home: Path
    """What JAVA_HOME says."""
    version: int

    @property
    def usable(self) -> bool:
        return self.version in VERSIONS


@cache
def find_java() -> Java | None:
    """One that Spark runs on, if there is one; else any; None: there is none. JAVA_HOME goes before PATH."""
    found = [java for java in map(_probe, _candidates()) if java]
    return next((java for java in found if java.usable), found[0] if found else None)


def lack() -> str:
    """What this machine lacks to run Spark, in a sentence; empty when it lacks nothing."""
    java = find_java()
    if java is None:
        return "Spark runs on Java, and this machine has none."
    if not java.usable:
        wanted = ", ".join(map(str, VERSIONS))
        return f"Spark 3.5 runs on Java {wanted}, and this machine's is Java {java.version} ({java.home})."
    return ""


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
    yield from sorted(Path("/usr/lib/jvm").glob("*/bin/java"))


def _probe(program: Path) -> Java | None:
    """Ask a Java what it is: macOS has a program of that name which only says that there is none."""
    try:
        done = subprocess.run(
            [str(program), "-version"], capture_output=True, encoding="utf-8", errors="replace", timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(done.stderr + done.stdout)
    return Java(Path(os.path.realpath(program)).parents[1], int(found[1])) if found else None
