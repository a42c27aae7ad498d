"""Why a statement failed, as Redshift says it."""

from __future__ import annotations


class StatementFailed(Exception):
    """``ERROR: reason``, as in DescribeStatement's ``Error``: ``ERROR: relation "sales" does not exist``."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"ERROR: {reason}")


def not_emulated(what: str) -> StatementFailed:
    """What Redshift does and the embedded cloud does not."""
    return StatementFailed(f"the embedded cloud does not offer {what}; it runs on AWS.")
