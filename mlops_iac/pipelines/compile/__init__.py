"""Compilers: one pipeline definition to each orchestrator's native document."""

from __future__ import annotations

from collections.abc import Mapping

TARGETS: Mapping[str, str] = {
    "step-functions": "mlops_iac.pipelines.compile.step_functions",
}
"""Target to the module that has ``compile`` and ``COMPILERS`` (step kind to function)."""
