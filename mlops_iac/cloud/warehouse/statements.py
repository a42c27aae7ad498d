"""The Redshift Data API: a statement is taken, runs in a thread, and is told of until a day later."""

from __future__ import annotations

import itertools
import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam.callers import Principal
from mlops_iac.cloud.paging import Spelling, paged
from mlops_iac.cloud.warehouse.asking import Asked, read_asked
from mlops_iac.cloud.warehouse.failure import StatementFailed
from mlops_iac.cloud.warehouse.places import DATA, STATEMENTS, Key, Thing, invalid, key
from mlops_iac.cloud.warehouse.running import Done, Work
from mlops_iac.cloud.warehouse.shelves import FOLDER, Shelves
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud")

KEPT: Final = timedelta(hours=24)
"""How long statements and their answers are there.
https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_GetStatementResult.html"""
PAGE: Final = 1000
"""Rows of one page of an answer."""
ENDED: Final = ("FINISHED", "FAILED", "ABORTED")
STOPPED: Final = "ERROR: the embedded cloud stopped while the statement ran."
_SPELLING: Final = Spelling("MaxResults", "NextToken", "ValidationException")
_SHOWN: Final = (
    "Id", "SecretArn", "Database", "Duration", "Error", "Status", "CreatedAt", "UpdatedAt", "HasResultSet",
    "QueryString", "ResultRows", "ResultSize", "RedshiftQueryId", "QueryParameters", "SubStatements", "WorkgroupName",
    "ResultFormat",
)  # fmt: skip
_LISTED: Final = (
    "Id", "QueryString", "QueryStrings", "SecretArn", "Status", "StatementName", "CreatedAt", "UpdatedAt",
    "QueryParameters", "IsBatchStatement", "ResultFormat",
)  # fmt: skip


class Statements:
    """By id. Only the role, or the user, that ran a statement is told of it."""

    def __init__(self, gateway: Gateway, shelves: Shelves) -> None:
        self._gateway, self._shelves = gateway, shelves
        self._running: dict[str, Work] = {}
        self._ended: dict[str, threading.Event] = {}

    def install(self) -> None:
        for operation, answer in (
            ("ExecuteStatement", self.execute),
            ("BatchExecuteStatement", self.execute),
            ("DescribeStatement", self.describe),
            ("GetStatementResult", self.result),
            ("ListStatements", self.list),
            ("CancelStatement", self.cancel),
        ):
            self._gateway.instead(DATA, operation, answer)
        self._gateway.on_restore(self.settle)
        self._gateway.on_reset(self.stop_all)
        self._gateway.on_stop(self.stop_all)

    @property
    def _store(self) -> dict[Key, Thing]:
        return self._gateway.store[STATEMENTS]

    # Operations -----------------------------------------------------------------------------------------------------

    def execute(self, call: Call) -> dict[str, Any]:
        """Refuses what AWS refuses at once; what is wrong with the SQL is told by the statement's status."""
        who = self._gateway.iam.identify_call(call)
        asked = read_asked(self._gateway, call, who)
        self._purge()
        with self._gateway.locked(DATA):
            known = self._find_token(call, who, call.params.get("ClientToken"))
            record = known or _record(call, who, asked)
            self._store.setdefault(key(call, record["Id"]), record)
        if not known:
            self._gateway.touch()
            self._start(call, record, asked)
        self._wait(call, record)
        return {
            "Id": record["Id"],
            "CreatedAt": record["CreatedAt"],
            "WorkgroupName": record["WorkgroupName"],
            "Database": record["Database"],
            **({"SecretArn": record["SecretArn"]} if record.get("SecretArn") else {"DbUser": asked.user.name}),
            **({"Status": record["Status"]} if call.params.get("WaitTimeSeconds") else {}),
        }

    def describe(self, call: Call) -> dict[str, Any]:
        record = self._get(call)
        self._wait(call, record)
        shown = {name: record[name] for name in _SHOWN if record.get(name) is not None}
        if "SubStatements" in shown:
            hidden = ("columns", "Path")
            shown["SubStatements"] = [
                {n: v for n, v in one.items() if n not in hidden} for one in shown["SubStatements"]
            ]
        return shown

    def result(self, call: Call) -> dict[str, Any]:
        record = self._get(call)
        self._wait(call, record)
        if record["Status"] != "FINISHED":
            raise AwsError(
                "ResourceNotFoundException",
                f"Query does not have result. Please check query status: {record['Status']}.",
            )
        part = _part(record, call.params["Id"])
        if not part.get("HasResultSet"):
            raise AwsError(
                "ResourceNotFoundException",
                "Query does not have result. Please check query status with DescribeStatement.",
            )
        start = _start(call.params.get("NextToken"))
        rows = list(itertools.islice(_rows(self._path(part["Id"])), start, start + PAGE))
        more = {"NextToken": str(start + PAGE)} if start + PAGE < part["ResultRows"] else {}
        return {"Records": rows, "ColumnMetadata": part["columns"], "TotalNumRows": part["ResultRows"], **more}

    def list(self, call: Call) -> dict[str, Any]:
        """Those of the caller, the newest first."""
        asked, who = call.params, self._gateway.iam.identify_call(call)
        status, name = asked.get("Status") or "ALL", asked.get("StatementName") or ""
        found = [
            {field: one[field] for field in _LISTED if one.get(field) is not None}
            for where, one in reversed(self._store.items())
            if where[:2] == (call.account_id, call.region)
            and one["owner"] == who.arn
            and status in ("ALL", one["Status"])
            and one.get("StatementName", "").startswith(name)
            and asked.get("WorkgroupName") in (None, one["WorkgroupName"])
            and asked.get("Database") in (None, one["Database"])
        ]
        return paged("Statements", found, asked, limit=100, spelling=_SPELLING)

    def cancel(self, call: Call) -> dict[str, Any]:
        record = self._get(call)
        if record["Status"] in ENDED:
            raise invalid(
                f"Could not cancel a query that is already in {record['Status']} state with ID: {record['Id']}"
            )
        self._end(record, "ABORTED", "ERROR: Query cancelled on user's request")
        work = self._running.get(record["Id"])
        if work:
            work.cancel()
        return {"Status": True}

    # When the cloud starts and stops ----------------------------------------------------------------------------------

    def settle(self) -> None:
        """What was running when the cloud ended has ended with it: nothing of it was kept."""
        for record in self._store.values():
            self._end(record, "FAILED", STOPPED)

    def stop_all(self) -> None:
        for work in list(self._running.values()):
            work.cancel()

    # Running ----------------------------------------------------------------------------------------------------------

    def _start(self, call: Call, record: Thing, asked: Asked) -> None:
        parts = record.get("SubStatements") or [record]
        work = Work(
            gateway=self._gateway,
            namespace=asked.namespace,
            region=call.region,
            user=asked.user,
            database=self._shelves.get(asked.namespace["namespaceId"]),
            texts=asked.texts,
            parameters=asked.parameters,
            results=[self._path(part["Id"]) for part in parts],
        )
        self._path("").parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._running[record["Id"]] = work
        self._ended[record["Id"]] = threading.Event()
        threading.Thread(target=self._run, args=(key(call, record["Id"]), record, work), daemon=True).start()

    def _run(self, where: Key, record: Thing, work: Work) -> None:
        started = time.monotonic()
        try:
            record["Status"] = "STARTED"
            done = work.run()
            self._end(record, "FINISHED", done=done)
        except StatementFailed as error:
            self._end(record, "FAILED", str(error), at=work.at)
        except Exception as error:
            log.exception("A statement of the warehouse crashed.")
            self._end(record, "FAILED", f"ERROR: {type(error).__name__}: {error}", at=work.at)
        finally:
            record["Duration"] = int((time.monotonic() - started) * 1e9)
            self._running.pop(record["Id"], None)
            self._ended.pop(record["Id"]).set()
            self._gateway.bells.ring(("statement", *where))
            self._gateway.touch()

    def _end(
        self, record: Thing, status: str, error: str = "", *, done: Sequence[Done] | None = None, at: int = 0
    ) -> None:
        """The first end counts: a statement that was cancelled does not fail afterwards."""
        with self._gateway.locked(DATA):
            if record["Status"] in ENDED:
                return
            record.update(UpdatedAt=_now(), Status=status, **({"Error": error} if error else {}))
            parts = record.get("SubStatements") or []
            for number, part in enumerate(parts):
                part["Status"] = status if done or number == at else "ABORTED"
                part["UpdatedAt"] = record["UpdatedAt"]
                if error and number == at:
                    part["Error"] = error
            for part, one in zip(parts or [record], done or (), strict=bool(done)):
                _tell(part, one)
            if parts:
                record["HasResultSet"] = any(part["HasResultSet"] for part in parts)

    def _wait(self, call: Call, record: Mapping[str, Any]) -> None:
        """As long as the caller is ready to, and the statement runs."""
        ended = self._ended.get(record["Id"])
        if ended and call.params.get("WaitTimeSeconds"):
            ended.wait(call.params["WaitTimeSeconds"])

    # Records ----------------------------------------------------------------------------------------------------------

    def _get(self, call: Call) -> Thing:
        """The statement whose id, or one of whose parts' ids, a call names."""
        who = self._gateway.iam.identify_call(call)
        record = self._store.get(key(call, call.params["Id"].partition(":")[0]))
        if record is None or record["owner"] != who.arn:
            raise AwsError("ResourceNotFoundException", "Query does not exist.")
        return record

    def _find_token(self, call: Call, who: Principal, token: str | None) -> Thing | None:
        here = (call.account_id, call.region)
        return next(
            (
                one
                for where, one in self._store.items()
                if token and where[:2] == here and one["token"] == token and one["owner"] == who.arn
            ),
            None,
        )

    def _purge(self) -> None:
        """What ended a day ago."""
        old = _now() - KEPT
        with self._gateway.locked(DATA):
            gone = [where for where, one in self._store.items() if one["UpdatedAt"] < old and one["Status"] in ENDED]
            for where in gone:
                for part in self._store[where].get("SubStatements") or [self._store[where]]:
                    self._path(part["Id"]).unlink(missing_ok=True)
                del self._store[where]

    def _path(self, id: str) -> Path:
        return self._gateway.home / FOLDER / "results" / f"{id.replace(':', '-')}.jsonl"


def _record(call: Call, who: Principal, asked: Asked) -> Thing:
    id, now = str(uuid.uuid4()), _now()
    whole: Thing = {
        "Id": id,
        "owner": who.arn,
        "token": call.params.get("ClientToken") or "",
        "Status": "SUBMITTED",
        "CreatedAt": now,
        "UpdatedAt": now,
        "Database": asked.database,
        "WorkgroupName": asked.workgroup,
        "HasResultSet": False,
        "ResultFormat": "JSON",
        "Duration": -1,
        "IsBatchStatement": asked.is_batch,
    }
    optional = {"SecretArn": "SecretArn", "StatementName": "StatementName", "QueryParameters": "Parameters"}
    whole |= {name: call.params[given] for name, given in optional.items() if call.params.get(given)}
    if not asked.is_batch:
        return {**whole, "QueryString": asked.texts[0], "ResultRows": -1, "ResultSize": -1}
    parts = [
        {
            "Id": f"{id}:{number}",
            "QueryString": text,
            "Status": "SUBMITTED",
            "CreatedAt": now,
            "UpdatedAt": now,
            "HasResultSet": False,
            "ResultRows": -1,
            "ResultSize": -1,
        }
        for number, text in enumerate(asked.texts, 1)
    ]
    return {**whole, "QueryStrings": list(asked.texts), "SubStatements": parts}


def _tell(part: Thing, done: Done) -> None:
    part.update(ResultRows=done.rows, ResultSize=done.size, HasResultSet=bool(done.columns), columns=list(done.columns))


def _part(record: Thing, id: str) -> Thing:
    parts = record.get("SubStatements")
    if not parts:
        return record
    found = next((one for one in parts if one["Id"] == id), None)
    if found is None:
        raise invalid(f"A batch has a result for each of its statements: name one of {parts[0]['Id']} and on.")
    return dict(found)


def _rows(path: Path) -> Iterator[Any]:
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except FileNotFoundError:
        raise AwsError("ResourceNotFoundException", "The query's result is no longer there.") from None


def _start(token: str | None) -> int:
    if token and not token.isdigit():
        raise invalid("The NextToken is invalid.")
    return int(token or 0)


def _now() -> datetime:
    return datetime.now(UTC)
