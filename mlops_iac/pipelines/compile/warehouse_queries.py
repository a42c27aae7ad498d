"""What a warehouse is asked by a query step, on every target: an UNLOAD, whose query is a text of SQL itself.

https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
"""

from __future__ import annotations

from typing import Final

from mlops_iac.pipelines.compile.bindings import Bindings, WarehouseBinding
from mlops_iac.pipelines.steps import QueryStep

FORMATS: Final = {
    "csv": "FORMAT AS CSV EXTENSION 'csv'",
    "json": "FORMAT AS JSON EXTENSION 'json'",
    "parquet": "FORMAT AS PARQUET",
}


def inner(text: str) -> str:
    """A piece of SQL inside the text that UNLOAD takes."""
    return text.replace("\\", "\\\\").replace("'", "''")


def options(step: QueryStep, warehouse: WarehouseBinding, bindings: Bindings) -> str:
    """How it is unloaded, and in whose name. What an earlier attempt left in the folder is taken away, so that no row
    is there twice."""
    sealed = f" KMS_KEY_ID '{bindings.key_arn}' ENCRYPTED" if bindings.key_arn else ""
    return f"IAM_ROLE '{warehouse.role_arn}' {FORMATS[step.format]} CLEANPATH{sealed}"


def pieces(step: QueryStep, place: str, warehouse: WarehouseBinding, bindings: Bindings) -> list[str]:
    """The UNLOAD between the values of its question marks; ``{}`` in the place stands for the run, which is one more
    value, the last."""
    before, after = place.split("{}")
    # The query's last line may be a comment, so the line ends.
    first, *rest = map(inner, step.parts())
    asked = [f"UNLOAD ('{first}", *rest]
    asked[-1] += f"\n') TO '{before}"
    return [*asked, f"{after}' {options(step, warehouse, bindings)}"]
