"""Athena that really answers: SQL over the emulated S3 by the Glue catalogue, run by DuckDB.

A query is read in Athena's own dialect (Trino for queries, Hive for definitions), its tables are looked up in Glue,
their objects are fetched, and the result lies in S3 as Athena writes it. What is not understood fails with a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Take over the operations of queries, and those that read the catalogue through Athena; see to Iceberg tables."""
    from mlops_iac.cloud.athena import catalogue, iceberg_tables, queries

    queries.install(gateway)
    catalogue.install(gateway)
    iceberg_tables.install(gateway)
