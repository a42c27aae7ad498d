"""Why a query failed, as Athena says it."""

from __future__ import annotations


class QueryFailed(Exception):
    """``CODE: reason``, as in ``StateChangeReason``: ``TABLE_NOT_FOUND: Table 'lake.sales' does not exist``.

    Codes are Trino's and Athena's own ("Troubleshooting in Athena").
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")


def not_emulated(what: str) -> QueryFailed:
    """What Athena does and the embedded cloud does not."""
    return QueryFailed("NOT_SUPPORTED", f"the embedded cloud does not offer {what}; it runs on AWS.")
