"""What `spark-submit` is told here of what a job run asks for.

https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

DRIVER_VARIABLE: Final = "spark.emr-serverless.driverEnv."
EXECUTOR_VARIABLE: Final = "spark.executorEnv."
ARCHIVES: Final = "spark.archives"
_ELSEWHERE: Final = ("spark.emr-serverless.", "spark.executor.", "spark.dynamicAllocation.", "spark.driver.")
"""Of machines that are not here: the job has this one's processors, and memory as it needs it."""
HERE: Final = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.hadoop.fs.defaultFS": "file:///",
    "spark.ui.enabled": "false",
}
_FLAGS: Final = ("--supervise", "--verbose")


@dataclass
class Submission:
    """Properties, other options of `spark-submit`, and what follows from them."""

    properties: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """Environment of the driver, which here is the executors' as well."""
        found: dict[str, str] = {}
        for start in (EXECUTOR_VARIABLE, DRIVER_VARIABLE):
            found |= {
                name.removeprefix(start): value for name, value in self.properties.items() if name.startswith(start)
            }
        return found

    @property
    def archives(self) -> list[tuple[str, str]]:
        """URI and the folder that it is unpacked to, in the folder that the job starts in."""
        listed = [one for one in self.properties.get(ARCHIVES, "").split(",") if one]
        split = [one.partition("#") for one in listed]
        return [(uri, name or uri.rpartition("/")[2]) for uri, _, name in split]

    def words(self) -> list[str]:
        kept = {
            name: value
            for name, value in self.properties.items()
            if name != ARCHIVES and not name.startswith((*_ELSEWHERE, EXECUTOR_VARIABLE))
        }
        pairs = [("--conf", f"{name}={value}") for name, value in sorted({**kept, **HERE}.items())]
        return [*(word for pair in pairs for word in pair), *self.options]


def read_submission(driver: Mapping[str, Any], overrides: Mapping[str, Any]) -> Submission:
    """``sparkSubmitParameters`` go before what the application's configuration says."""
    found = Submission()
    for one in overrides.get("applicationConfiguration") or ():
        if one["classification"] == "spark-defaults":
            found.properties |= one.get("properties") or {}
    for name, value in _options(shlex.split(driver.get("sparkSubmitParameters") or "")):
        if name == "--conf":
            key, _, text = value.partition("=")
            found.properties[key] = text
        elif name == "--archives":
            found.properties[ARCHIVES] = value
        else:
            found.options += [name, value] if value else [name]
    return found


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    left = list(words)
    while left:
        name = left.pop(0)
        if name.startswith("--") and "=" in name and not name.startswith("--conf="):
            option, _, value = name.partition("=")
            yield option, value
        elif name.startswith("--conf="):
            yield "--conf", name.removeprefix("--conf=")
        elif name in _FLAGS or not left:
            yield name, ""
        else:
            yield name, left.pop(0)
