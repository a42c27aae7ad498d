"""Functions run on what is still mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

FUNCTION = "aws:lambda/function:Function"
ENDED = (
    "dotnet6", "dotnetcore*", "go1.x", "java8", "nodejs1?.x", "nodejs?.x", "provided", "python2.*", "python3.6",
    "python3.7", "python3.8", "python3.9", "ruby2.*",
)  # fmt: skip


class LambdaRuntime(Policy):
    name = "lambda-runtime"
    wants = "A function runs on a runtime that AWS still mends."
    why = "Holes that are found in it stay."
    severity = Severity.WARNING
    by_profile = {"regulated": Severity.ERROR}
    types = (FUNCTION,)
    remedy = "move it to a newer runtime."
    sources = ("Security Hub Lambda.2",)
    parameters = {"ended": ENDED}
    about_parameters = {
        "ended": "Runtimes that are over, as AWS listed them in November 2026; `*` and `?` as in a shell."
    }
    breaks = (example(FUNCTION, {"runtime": "python3.8"}),)
    keeps = (example(FUNCTION, {"runtime": "python3.12"}), example(FUNCTION, {"packageType": "Image"}))

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        runtime = resource.get("runtime", "")
        if isinstance(runtime, str) and any(fnmatchcase(runtime, one) for one in parameters["ended"]):
            yield Violation(detail=f"It runs on {runtime}.", path="runtime")
