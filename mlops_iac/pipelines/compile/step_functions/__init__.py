"""Pipelines as Step Functions state machines:
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html

``compile`` is pure. Paths are JSONPath. Steps run one after another, in the pipeline's order; every state that
belongs to a step is called like the step, or ``<step>: <what>``.
"""

from __future__ import annotations

from typing import Final

from mlops_iac.pipelines.compile.step_functions.compilers import COMPILERS
from mlops_iac.pipelines.compile.step_functions.document import compile, step_of
from mlops_iac.pipelines.compile.step_functions.grants import grants_for
from mlops_iac.pipelines.compile.step_functions.reading import parts_of
from mlops_iac.pipelines.compile.step_functions.refused import REFUSED
from mlops_iac.pipelines.compile.step_functions.starting import start_request

TELLS_WHO_STARTS: Final = True

__all__ = ["COMPILERS", "REFUSED", "TELLS_WHO_STARTS", "compile", "grants_for", "parts_of", "start_request", "step_of"]
