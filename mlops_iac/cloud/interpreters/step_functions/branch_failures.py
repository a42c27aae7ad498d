"""A branch that fails with one of Amazon States Language's own errors fails its Parallel or Map with that error.

moto takes what a branch failed with for an error of the document's own, which may not be called `States.…`, and ends
the execution with that complaint instead of the error.
"""

from __future__ import annotations

from typing import Final

from mlops_iac.cloud.interpreters.step_functions.moto_asl import PACKAGE, module

_EXEC: Final = f"{PACKAGE}.component.state.exec"
_PLACES: Final = ("state_parallel.branches_decl", "state_map.iteration.iteration_worker")


def install() -> None:
    """Put it into moto's interpreter."""
    names = module(f"{PACKAGE}.component.common.error_name.error_name")
    passed_on = type("PassedOn", (names.ErrorName,), {})
    for place in _PLACES:
        module(f"{_EXEC}.{place}").CustomErrorName = passed_on
