"""The part of a querier that asks a warehouse: it runs on AWS Lambda beside `query_function`, and nowhere else.

Redshift takes an UNLOAD's query as a text, in which nothing is a parameter; so values become literals of SQL here, as
Athena's do.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

STATES = {
    "SUBMITTED": "QUEUED",
    "PICKED": "QUEUED",
    "STARTED": "RUNNING",
    "FINISHED": "SUCCEEDED",
    "FAILED": "FAILED",
    "ABORTED": "CANCELLED",
}
"""The Data API's words to Athena's, by which a querier waits."""


class Warehouse:
    """The Data API in the words of Athena's client, as far as a querier speaks them."""

    def __init__(self, client: Any, event: dict[str, Any]) -> None:
        self.client, self.event = client, event

    def sql(self, place: str, literals: list[str]) -> str:
        """The UNLOAD, with a literal between each two parts of the query."""
        parts = json.loads(self.event["parts"])
        marks = [*literals, ""]
        # The query's last line may be a comment, so the line ends.
        select = "".join(part + mark for part, mark in zip(parts, marks, strict=True)) + "\n"
        return f"UNLOAD ('{escaped(select)}') TO '{place}' {self.event['options']}"

    def start(self, sql: str, literals: list[str], token: str) -> str:
        """The literals are in the SQL already. A token has 64 characters at most."""
        asked = self.client.execute_statement(
            WorkgroupName=self.event["workgroup"],
            Database=self.event["database"],
            Sql=sql,
            ClientToken=hashlib.sha256(token.encode()).hexdigest(),
        )
        return str(asked["Id"])

    def describe(self, query: str) -> dict[str, Any]:
        found = self.client.describe_statement(Id=query)
        began: datetime = found["CreatedAt"]
        status = {"State": STATES[found["Status"]], "SubmissionDateTime": began}
        if found.get("Error"):
            status["StateChangeReason"] = found["Error"]
        return {"QueryExecutionId": query, "Status": status}

    def stop(self, query: str) -> None:
        self.client.cancel_statement(Id=query)

    def literal(self, text: str) -> str:
        return f"'{escaped(text)}'"


def escaped(text: str) -> str:
    """Redshift reads a backslash in a text as the beginning of something else."""
    return text.replace("\\", "\\\\").replace("'", "''")
