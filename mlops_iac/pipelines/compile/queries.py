"""What Athena, or a warehouse, is asked by a query step, on every target."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from mlops_iac.pipelines.compile import warehouse_queries
from mlops_iac.pipelines.compile.requests import Run
from mlops_iac.pipelines.references import PARAMETERS, FromParameter
from mlops_iac.pipelines.steps import ProcessingStep, QueryStep
from mlops_iac.pipelines.steps.query import LAKE

FORMATS: Final = {
    "csv": "format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE'",
    "json": "format = 'JSON', compression = 'NONE'",
    "parquet": "format = 'PARQUET'",
}
"""The options of an UNLOAD: https://docs.aws.amazon.com/athena/latest/ug/unload.html"""


def by_job(step: QueryStep, run: Run) -> ProcessingStep:
    """The processing step that asks an adopted system: a job has its secret, and holds no function while it waits."""
    return step.processing({one.name for one in run.pipeline.parameters if one.type == "number"})


def asked(step: QueryStep, run: Run, token: Any, parameter: Callable[[str], Any]) -> dict[str, Any]:
    """What a querier is told (`components/orchestrator/query_function.py`), but for how long it waits: flat, as a
    Lambda step takes it. ``token`` is the run's and the step's own; ``parameter`` says how a value comes from the run.
    The querier makes literals of SQL of the values."""
    named = {value.parameter for value in step.values if isinstance(value, FromParameter)}
    values = [
        {"parameter": f"{PARAMETERS}.{value.parameter}"} if isinstance(value, FromParameter) else value
        for value in step.values
    ]
    return {
        **_source(step, run),
        "place": run.folder_uri(step.rows),
        "values": json.dumps(values, separators=(",", ":")),
        "token": token,
        **{f"{PARAMETERS}.{name}": parameter(name) for name in sorted(named)},
    }


def _source(step: QueryStep, run: Run) -> dict[str, Any]:
    """Who is asked, and what."""
    if step.source == LAKE:
        catalogue = run.bindings.catalogues[step.catalogue]
        return {
            "select": step.sql.strip(),
            "options": FORMATS[step.format],
            "database": catalogue.database,
            "workgroup": catalogue.workgroup,
        }
    warehouse = run.bindings.warehouses[step.source]
    return {
        "source": "warehouse",
        "parts": json.dumps(step.parts()),
        "options": warehouse_queries.options(step, warehouse, run.bindings),
        "database": warehouse.database,
        "workgroup": warehouse.workgroup,
    }
