"""Redshift Serverless that really answers: SQL over tables that are kept, asked through the Redshift Data API.

``namespaces.py`` and ``workgroups.py`` answer for what a warehouse consists of, ``statements.py`` for what it is asked.
A namespace's tables lie in one file of DuckDB (``database.py``), which is written when a statement is done and so
outlives the process. SQL is read in Redshift's own dialect (``sql.py``); COPY and UNLOAD (``copying.py``) go to the
emulated S3 in the role that they name; who owns a table, and whom its owner let in, counts (``rights.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Answer Redshift Serverless, which moto lacks, and the Data API, whose statements moto does not run."""
    from mlops_iac.cloud.warehouse.namespaces import Namespaces
    from mlops_iac.cloud.warehouse.shelves import Shelves
    from mlops_iac.cloud.warehouse.statements import Statements
    from mlops_iac.cloud.warehouse.usage_limits import UsageLimits
    from mlops_iac.cloud.warehouse.workgroups import Workgroups

    shelves = Shelves(gateway)
    namespaces = Namespaces(gateway, shelves)
    workgroups = Workgroups(gateway, namespaces)
    for part in (shelves, namespaces, workgroups, UsageLimits(gateway), Statements(gateway, shelves)):
        part.install()
