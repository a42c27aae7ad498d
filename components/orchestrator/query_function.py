"""The code of a querier: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

No type of step of SageMaker Pipelines asks Athena or a warehouse with values that stand apart from the SQL, so its
query steps call this. One call asks and waits; when its time is over the next one goes on, by the query's id.
"""

from __future__ import annotations

import importlib
import json
import re
import time
from typing import Any

PLACE = re.compile(r"s3://[A-Za-z0-9.\-]+(/[A-Za-z0-9_.\-]+)+/?")
"""Where an answer may go: nothing in it can end the text that it becomes in SQL."""
ASKED = ("QUEUED", "RUNNING")
PARAMETER = "parameter"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two looks: each pause is twice as long as the one before."""
MOST_ATTEMPTS = 10


class QueryFailed(Exception):
    pass


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    boto3 = importlib.import_module("boto3")
    if event.get("source") == "warehouse":
        source = importlib.import_module("query_warehouse").Warehouse(boto3.client("redshift-data"), event)
        return Query(source, event).run()
    return Query(Athena(boto3.client("athena"), event), event).run()


class Athena:
    """How Athena is asked."""

    def __init__(self, client: Any, event: dict[str, Any]) -> None:
        self.client, self.event = client, event

    def sql(self, place: str, literals: list[str]) -> str:
        """The UNLOAD; values travel apart from it. The query's last line may be a comment, so the line ends."""
        return f"UNLOAD ({self.event['select']}\n) TO '{place}' WITH ({self.event['options']})"

    def start(self, sql: str, literals: list[str], token: str) -> str:
        asked = self.client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.event["database"]},
            WorkGroup=self.event["workgroup"],
            ClientRequestToken=token,
            **({"ExecutionParameters": literals} if literals else {}),
        )
        return str(asked["QueryExecutionId"])

    def describe(self, query: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        return found

    def stop(self, query: str) -> None:
        self.client.stop_query_execution(QueryExecutionId=query)

    def literal(self, text: str) -> str:
        """In a text only its quote has a meaning."""
        return "'{}'".format(text.replace("'", "''"))


class Query:
    """One call. ``event`` has: select (of a warehouse: parts), place, options, values, database, workgroup, token,
    query, wait_seconds, last; and ``parameters.NAME`` of each that the values name."""

    def __init__(self, source: Any, event: dict[str, Any]) -> None:
        self.source, self.event = source, event
        self.until = time.monotonic() + event["wait_seconds"]

    def run(self) -> dict[str, str]:
        found = self.source.describe(self.event["query"]) if self.event["query"] else self.start()
        pause = FIRST_PAUSE
        while found["Status"]["State"] in ASKED:
            if time.monotonic() + pause > self.until:
                return self.leave(found["QueryExecutionId"])
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            found = self.source.describe(found["QueryExecutionId"])
        if found["Status"]["State"] != "SUCCEEDED":
            raise QueryFailed(found["Status"].get("StateChangeReason") or f"It ended {found['Status']['State']}.")
        return {"query": found["QueryExecutionId"]}

    def leave(self, query: str) -> dict[str, str]:
        """The next call goes on; after the last one nobody waits for an answer any more."""
        if self.event["last"]:
            self.source.stop(query)
            raise QueryFailed(f"Query {query} was stopped: it had no answer in the time that it was given.")
        return {"query": query}

    def start(self) -> dict[str, Any]:
        """A call that is tried again asks no second time; a run that goes on after a query failed does."""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            asked = self.ask(f"{self.event['token']}:{attempt}")
            found = self.source.describe(asked)
            if found["Status"]["State"] in (*ASKED, "SUCCEEDED"):
                return found
            if attempt == MOST_ATTEMPTS or not self.is_old(found):
                break
        return found

    def is_old(self, found: dict[str, Any]) -> bool:
        """Whether it ended before this call asked."""
        return bool(found["Status"]["SubmissionDateTime"].timestamp() < time.time() - self.spent() - 1)

    def spent(self) -> float:
        return float(self.event["wait_seconds"] - (self.until - time.monotonic()))

    def ask(self, token: str) -> str:
        place, values = self.event["place"], json.loads(self.event["values"])
        if not PLACE.fullmatch(place):
            raise QueryFailed(f"{place!r} is no place for an answer.")
        literals = [self.literal(self.value(one)) for one in values]
        return str(self.source.start(self.source.sql(place, literals), literals, token))

    def value(self, one: Any) -> Any:
        return self.event[one[PARAMETER]] if isinstance(one, dict) else one

    def literal(self, value: Any) -> str:
        """A value as SQL says it."""
        if isinstance(value, str):
            return str(self.source.literal(value))
        return str(int(value)) if value == int(value) else repr(value)
