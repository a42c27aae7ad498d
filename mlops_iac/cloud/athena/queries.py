"""A query's life: started, run in a thread, its result in S3, its record kept."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.athena import commands, results, unload
from mlops_iac.cloud.athena.engine import Engine
from mlops_iac.cloud.athena.failure import QueryFailed, not_emulated
from mlops_iac.cloud.athena.iceberg import is_iceberg
from mlops_iac.cloud.athena.locations import split_location
from mlops_iac.cloud.athena.objects import Lake
from mlops_iac.cloud.athena.statement import Statement, parse
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud")

STORE: Final = "athena.queries"
"""(account, region, id) to what GetQueryExecution answers, and what the result's columns are. Plain data."""

MAX_QUERY: Final = 262144
"""Bytes of a query's text (Athena, "Service Quotas")."""

DENIED: Final = ("AccessDenied", "AccessDeniedException")
"""What S3 and Glue answer a caller without the right."""

ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")


def install(gateway: Gateway) -> None:
    queries = Queries(gateway)
    for operation, fn in (
        ("StartQueryExecution", queries.start),
        ("GetQueryExecution", queries.get),
        ("BatchGetQueryExecution", queries.get_several),
        ("ListQueryExecutions", queries.list),
        ("StopQueryExecution", queries.stop),
        ("GetQueryResults", queries.results),
    ):
        gateway.instead("athena", operation, fn)
    gateway.on_restore(queries.settle)
    gateway.on_reset(queries.forget)
    gateway.on_stop(queries.stop_all)


class Queries:
    """The queries of one embedded cloud."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._running: dict[str, Engine] = {}

    # What Athena's API asks ------------------------------------------------------------------------------------------

    def start(self, call: Call) -> dict[str, Any]:
        """Refuses what Athena refuses at once; what is wrong with the SQL is told by the execution's state."""
        params = call.params
        if len(params["QueryString"].encode()) > MAX_QUERY:
            raise AwsError("InvalidRequestException", f"The query is longer than {MAX_QUERY} bytes.")
        with self._gateway.locked("athena"):
            known = self._find_token(call, params.get("ClientRequestToken"))
            if known:
                return {"QueryExecutionId": known}
            record = self._record(call, _get_group(call, params.get("WorkGroup") or "primary"))
            self._store[call.account_id, call.region, record["QueryExecutionId"]] = record
        self._gateway.touch()
        threading.Thread(target=self._run, args=(call, record), daemon=True).start()
        return {"QueryExecutionId": record["QueryExecutionId"]}

    def get(self, call: Call) -> dict[str, Any]:
        return {"QueryExecution": _shown(self._get(call, call.params["QueryExecutionId"]))}

    def get_several(self, call: Call) -> dict[str, Any]:
        found, unknown = [], []
        for id in call.params["QueryExecutionIds"]:
            record = self._store.get((call.account_id, call.region, id))
            if record:
                found.append(_shown(record))
            else:
                unknown.append({"QueryExecutionId": id, "ErrorCode": "INVALID_QUERY_EXECUTION_ID"})
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": unknown}

    def list(self, call: Call) -> dict[str, Any]:
        """Ids, the newest first."""
        group = call.params.get("WorkGroup") or "primary"
        place = (call.account_id, call.region)
        found = [key[2] for key, record in self._store.items() if key[:2] == place and record["WorkGroup"] == group]
        start, size = int(call.params.get("NextToken") or 0), int(call.params.get("MaxResults") or 50)
        page = found[::-1][start : start + size]
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"QueryExecutionIds": page, **more}

    def stop(self, call: Call) -> dict[str, Any]:
        record = self._get(call, call.params["QueryExecutionId"])
        self._end(record, "CANCELLED", "Query cancelled by user")
        engine = self._running.get(record["QueryExecutionId"])
        if engine:
            engine.stop()
        return {}

    def results(self, call: Call) -> dict[str, Any]:
        """A page of the result, from the file in S3: rows of a query begin with the header, as Athena's do."""
        record = self._get(call, call.params["QueryExecutionId"])
        state = record["Status"]["State"]
        if state != "SUCCEEDED":
            how = (
                "did not finish successfully. Final query state: "
                if state in ENDED
                else "has not yet finished. Current state: "
            )
            raise AwsError("InvalidRequestException", f"Query {how}{state}")
        start, size = int(call.params.get("NextToken") or 0), int(call.params.get("MaxResults") or 1000)
        if not 1 <= size <= 1000:
            raise AwsError("InvalidRequestException", f"MaxResults is {size}; it may be 1 to 1000.")
        rows = list(self._read(call, record))
        more = {"NextToken": str(start + size)} if start + size < len(rows) else {}
        shown = {"Rows": results.as_rows(rows[start : start + size])}
        metadata = {"ColumnInfo": results.column_info(record["Columns"])}
        return {"ResultSet": {**shown, "ResultSetMetadata": metadata}, "UpdateCount": record.get("Updated", 0), **more}

    # When the cloud starts and stops ---------------------------------------------------------------------------------

    def settle(self) -> None:
        """What was running when the cloud ended has ended with it."""
        for record in self._store.values():
            self._end(record, "FAILED", "INTERNAL_ERROR_QUERY_ENGINE: the embedded cloud stopped while the query ran.")

    def stop_all(self) -> None:
        for engine in list(self._running.values()):
            engine.stop()

    def forget(self) -> None:
        self.stop_all()
        self._store.clear()

    # Running ---------------------------------------------------------------------------------------------------------

    @property
    def _store(self) -> dict[Any, dict[str, Any]]:
        return self._gateway.store[STORE]

    def _run(self, call: Call, record: dict[str, Any]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="query-", dir=self._gateway.home))
        started = time.monotonic()
        lake = Lake(self._gateway.roles.as_caller(call), folder)
        try:
            record["Status"]["State"] = "RUNNING"
            statement = parse(record["Query"], record["Database"], record["ExecutionParameters"])
            record["StatementType"] = statement.type
            self._carry_out(call, record, statement, lake, folder)
            self._end(record, "SUCCEEDED")
        except QueryFailed as error:
            self._end(record, "FAILED", str(error))
        except Exception as error:
            told = getattr(error, "response", {}).get("Error", {})
            if told.get("Code") in DENIED:
                self._end(record, "FAILED", f"PERMISSION_DENIED: {told.get('Message')}")
            else:
                log.exception("An Athena query crashed.")
                self._end(record, "FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}")
        finally:
            record["Millis"], record["Scanned"] = int((time.monotonic() - started) * 1000), lake.scanned
            shutil.rmtree(folder, ignore_errors=True)
            self._gateway.touch()

    def _carry_out(self, call: Call, record: dict[str, Any], statement: Statement, lake: Lake, folder: Path) -> None:
        if statement.kind == "unload":
            self._with_engine(
                record, lake, folder, lambda engine: self._unload(call, record, engine, statement, folder)
            )
        elif statement.kind == "insert":
            self._with_engine(
                record, lake, folder, lambda engine: self._insert(call, record, engine, statement, lake, folder)
            )
        elif statement.kind == "select":
            self._with_engine(
                record, lake, folder, lambda engine: self._select(call, record, engine, statement, folder)
            )
        else:
            lines = commands.carry_out(statement, self._gateway.roles.as_caller(call), lake)
            record["Columns"] = [("result", "string")]
            record["OutputLocation"] += ".txt"
            self._put(call, record, _text(lines), record["OutputLocation"])

    def _with_engine(self, record: dict[str, Any], lake: Lake, folder: Path, do: Any) -> None:
        with Engine(folder, lake) as engine:
            self._running[record["QueryExecutionId"]] = engine
            try:
                do(engine)
            finally:
                del self._running[record["QueryExecutionId"]]

    def _select(self, call: Call, record: dict[str, Any], engine: Engine, statement: Statement, folder: Path) -> None:
        answer = engine.run(statement)
        path = folder / "result.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            results.write_csv(file, [name for name, _ in answer.columns], answer.rows)
        record["Columns"] = list(answer.columns)
        with path.open("rb") as body:
            record["OutputLocation"] += ".csv"
            self._put(call, record, body, record["OutputLocation"])

    def _unload(self, call: Call, record: dict[str, Any], engine: Engine, statement: Statement, folder: Path) -> None:
        """Clients find the files by a manifest beside the results (Athena user guide, "Query output files")."""
        written = unload.write(engine, statement, self._gateway.roles.as_caller(call), record, folder)
        record["Manifest"] = f"{record['OutputLocation']}-manifest.csv"
        self._put(call, record, _text(written), record["Manifest"])

    def _insert(
        self, call: Call, record: dict[str, Any], engine: Engine, statement: Statement, lake: Lake, folder: Path
    ) -> None:
        """Rows become a snapshot of an Iceberg table; without rows there is none. The manifest is as UNLOAD's."""
        assert statement.table is not None
        if not is_iceberg(lake.get_table(statement.table)):
            raise not_emulated("INSERT into tables that are not Iceberg's")
        path = folder / "insert.parquet"
        rows = engine.insert(statement, lake.iceberg.fields(statement.table), path)
        written = [lake.iceberg.append(statement.table, path, rows)] if rows else []
        record["Updated"] = rows
        record["Manifest"] = f"{record['OutputLocation']}-manifest.csv"
        self._put(call, record, _text(written), record["Manifest"])

    def _put(self, call: Call, record: Mapping[str, Any], body: Any, location: str) -> None:
        """An object of the result, with the key that the work group or the caller names."""
        bucket, key = location.removeprefix("s3://").split("/", 1)
        encryption = record["Encryption"]
        sealed: dict[str, str] = {}
        if encryption.get("EncryptionOption") == "SSE_KMS":
            sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encryption["KmsKey"]}
        elif encryption.get("EncryptionOption") == "SSE_S3":
            sealed = {"ServerSideEncryption": "AES256"}
        s3 = self._gateway.roles.as_caller(call)("s3")
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=body, **sealed)
        except s3.exceptions.ClientError as error:
            raise QueryFailed("HIVE_FILESYSTEM_ERROR", f"the result cannot be written to {bucket}: {error}") from error

    def _read(self, call: Call, record: Mapping[str, Any]) -> Any:
        bucket, key = record["OutputLocation"].removeprefix("s3://").split("/", 1)
        if not key.endswith((".csv", ".txt")):
            return ()  # UNLOAD and INSERT have their files elsewhere
        s3 = self._gateway.roles.as_caller(call)("s3")
        try:
            text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        except s3.exceptions.NoSuchKey as error:
            raise AwsError(
                "InvalidRequestException", f"Could not find results of query: {record['OutputLocation']}"
            ) from error
        if key.endswith(".csv"):
            return results.read_csv(text)
        return ([line] for line in text.splitlines())

    # Records ---------------------------------------------------------------------------------------------------------

    def _record(self, call: Call, group: Any) -> dict[str, Any]:
        params, id = call.params, str(uuid.uuid4())
        asked, own = params.get("ResultConfiguration") or {}, group.configuration.get("ResultConfiguration") or {}
        settings = own if group.configuration.get("EnforceWorkGroupConfiguration") else {**own, **asked}
        if not settings.get("OutputLocation"):
            raise AwsError(
                "InvalidRequestException",
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input.",
            )
        bucket, prefix = split_location(settings["OutputLocation"])
        return {
            "QueryExecutionId": id,
            "Query": params["QueryString"],
            "WorkGroup": group.name,
            "Database": ((params.get("QueryExecutionContext") or {}).get("Database") or "").lower(),
            "Context": dict(params.get("QueryExecutionContext") or {}),
            "ExecutionParameters": list(params.get("ExecutionParameters") or ()),
            "Token": params.get("ClientRequestToken") or "",
            "OutputLocation": f"s3://{bucket}/{prefix}{id}",
            "Encryption": dict(settings.get("EncryptionConfiguration") or {}),
            "StatementType": "DML",
            "Status": {"State": "QUEUED", "SubmissionDateTime": datetime.now(UTC)},
            "Columns": [],
            "Scanned": 0,
            "Millis": 0,
        }

    def _get(self, call: Call, id: str) -> dict[str, Any]:
        record = self._store.get((call.account_id, call.region, id))
        if record is None:
            raise AwsError("InvalidRequestException", f"QueryExecution {id} was not found")
        return record

    def _find_token(self, call: Call, token: str | None) -> str | None:
        place = (call.account_id, call.region)
        return next(
            (key[2] for key, r in self._store.items() if token and key[:2] == place and r["Token"] == token), None
        )

    def _end(self, record: dict[str, Any], state: str, reason: str = "") -> None:
        """The first end counts: a query that was cancelled does not fail afterwards."""
        with self._gateway.locked("athena"):
            if record["Status"]["State"] not in ENDED:
                why = {"StateChangeReason": reason} if reason else {}
                record["Status"] = {**record["Status"], "State": state, **why, "CompletionDateTime": datetime.now(UTC)}
                if state == "FAILED":
                    record["Status"]["AthenaError"] = {"ErrorCategory": 2, "Retryable": False, "ErrorMessage": reason}


def _get_group(call: Call, name: str) -> Any:
    from moto.athena.models import athena_backends

    group = athena_backends[call.account_id][call.region].work_groups.get(name)
    if group is None:
        raise AwsError("InvalidRequestException", f"WorkGroup {name} is not found.")
    if group.state == "DISABLED":
        raise AwsError("InvalidRequestException", f"WorkGroup {name} is disabled.")
    return group


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as GetQueryExecution answers it."""
    configuration = {"OutputLocation": record["OutputLocation"]}
    if record["Encryption"]:
        configuration["EncryptionConfiguration"] = record["Encryption"]
    times = {"EngineExecutionTimeInMillis": record["Millis"], "TotalExecutionTimeInMillis": record["Millis"]}
    shown = {
        "QueryExecutionId": record["QueryExecutionId"],
        "Query": record["Query"],
        "StatementType": record["StatementType"],
        "ResultConfiguration": configuration,
        "QueryExecutionContext": record["Context"],
        "Status": dict(record["Status"]),
        "Statistics": {
            **times,
            "DataScannedInBytes": record["Scanned"],
            **({"DataManifestLocation": record["Manifest"]} if record.get("Manifest") else {}),
        },
        "WorkGroup": record["WorkGroup"],
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
    }
    return {
        **shown,
        **({"ExecutionParameters": record["ExecutionParameters"]} if record["ExecutionParameters"] else {}),
    }
