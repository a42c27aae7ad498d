"""Pipelines as DAG files of Apache Airflow, for 2.11 and 3, as Amazon MWAA runs them.

``compile`` is pure. Every task that belongs to a step is called like the step, or ``<step>--<what>``. What a team wrote
stands in the file as data: `mlops_iac_airflow.fill` puts a run's values in their places, and no template is read.
"""

from __future__ import annotations

from typing import Final

from mlops_iac.pipelines.compile.airflow.compilers import COMPILERS
from mlops_iac.pipelines.compile.airflow.document import compile, step_of
from mlops_iac.pipelines.compile.airflow.grants import grants_for
from mlops_iac.pipelines.compile.airflow.reading import parts_of
from mlops_iac.pipelines.compile.airflow.refused import REFUSED
from mlops_iac.pipelines.compile.airflow.starting import start_request

TELLS_WHO_STARTS: Final = False

__all__ = [
    "COMPILERS",
    "REFUSED",
    "TELLS_WHO_STARTS",
    "compile",
    "grants_for",
    "parts_of",
    "start_request",
    "step_of",
]
