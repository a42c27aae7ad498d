"""The offline store: every record that was ever put, in Parquet, by the hour of its event time.

Records wait for a second or two and are then written together, in the group's role, as AWS does within 15 minutes. What
Athena is asked has all of them: they are written before. Where the role may not write them the store is blocked, says
why, and the records wait.
"""

from __future__ import annotations

import copy
import json
import logging
import secrets
import shutil
import string
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from mlops_iac.cloud.feature_store.creation import SAGEMAKER
from mlops_iac.cloud.feature_store.values import stored

if TYPE_CHECKING:
    from mlops_iac.cloud.feature_store.groups import Groups
    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.wire import Call

STORE: Final = "sagemaker.feature-waiting"
"""A group's ARN to its records that are not written yet. Plain data."""
WAIT: Final = 1.5
"""Seconds from a record to the file that holds it."""
AGAIN: Final = 10.0
"""Seconds between two attempts of a store that is blocked."""
_TYPES: Final = {"Fractional": "DOUBLE", "Integral": "BIGINT", "String": "VARCHAR"}
_ADDED: Final = {"write_time": "TIMESTAMP", "api_invocation_time": "TIMESTAMP", "is_deleted": "BOOLEAN"}
_HOUR: Final = ("__year", "__month", "__day", "__hour")
"""Columns that become folders; no feature's name begins so."""
_LETTERS: Final = string.ascii_letters + string.digits

Row = dict[str, Any]
"""``values``, ``time`` of the event, ``asked`` (both in Unix seconds), ``deleted``."""

log = logging.getLogger("mlops_iac.cloud")


class OfflineStores:
    """Of all groups."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._waking, self._writing = threading.Event(), threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def install(self, groups: Groups) -> None:
        self._groups = groups
        self._gateway.before("athena", "StartQueryExecution", self._before_query)
        self._gateway.on_start(self._wake)
        self._gateway.on_stop(self._stop)

    def add(self, group: str, row: Row) -> None:
        """The caller holds the gateway's lock."""
        self._waiting.setdefault(group, []).append(row)
        self._wake()

    def drop(self, group: str) -> None:
        """With the group. The caller holds the gateway's lock."""
        self._waiting.pop(group, None)

    def flush(self) -> bool:
        """Write what waits; False when something of it still does."""
        with self._writing:
            written = [self._flush(arn) for arn in list(self._waiting)]
        return all(written)

    # Inside -------------------------------------------------------------------------------------------------------

    @property
    def _waiting(self) -> dict[str, list[Row]]:
        return self._gateway.store[STORE]

    def _before_query(self, call: Call) -> None:
        if self._waiting:
            self.flush()

    def _wake(self) -> None:
        if not self._waiting:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="feature-store", daemon=True)
            self._thread.start()
        self._waking.set()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._waking.wait()
            self._waking.clear()
            if self._stopping.wait(WAIT):
                return
            if not self.flush() and not self._stopping.wait(AGAIN):
                self._waking.set()

    def _stop(self) -> None:
        self._stopping.set()
        self._waking.set()
        self.flush()

    def _flush(self, arn: str) -> bool:
        with self._gateway.locked("sagemaker"):
            rows = list(self._waiting.get(arn, ()))
            group = _copied(self._groups.get(arn)) if rows else {}
        if not rows:
            return True
        status: dict[str, str] = {"Status": "Active"}
        try:
            self._write(group, rows)
        except Exception as error:  # a role's refusal, a bucket that is gone: what it is, is told by the group
            log.warning("The offline store of %s cannot be written: %s", arn, error)
            status = {"Status": "Blocked", "BlockedReason": str(error)[:1024]}
        done = status["Status"] == "Active"
        with self._gateway.locked("sagemaker"):
            if arn in self._waiting:
                self._groups.get(arn)["OfflineStoreStatus"] = status
                del self._waiting[arn][: len(rows) if done else 0]
                if not self._waiting[arn]:
                    del self._waiting[arn]
        self._gateway.touch()
        return done

    def _write(self, group: Mapping[str, Any], rows: Iterable[Row]) -> None:
        storage = group["OfflineStoreConfig"]["S3StorageConfig"]
        place = urlsplit(storage["ResolvedOutputS3Uri"])
        arn = group["FeatureGroupArn"]
        region = arn.split(":")[3]
        s3 = self._gateway.roles.clients(group["RoleArn"], SAGEMAKER, "FeatureStore", region, arn)("s3")
        key = storage.get("KmsKeyId")
        sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
        folder = Path(tempfile.mkdtemp(prefix="features-", dir=self._gateway.home))
        try:
            for path, name in _files(folder, group, rows):
                with path.open("rb") as body:
                    s3.put_object(Bucket=place.netloc, Key=f"{place.path.lstrip('/')}/{name}", Body=body, **sealed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _copied(group: Mapping[str, Any]) -> dict[str, Any]:
    """What of a group is needed to write its records, as it is now."""
    names = ("FeatureGroupArn", "RoleArn", "FeatureDefinitions", "OfflineStoreConfig")
    return copy.deepcopy({name: group[name] for name in names})


def _files(folder: Path, group: Mapping[str, Any], rows: Iterable[Row]) -> Iterator[tuple[Path, str]]:
    """Files of Parquet, each with its key below the group's folder."""
    import duckdb

    types = {one["FeatureName"]: one["FeatureType"] for one in group["FeatureDefinitions"]}
    columns = {**{name: _TYPES[kind] for name, kind in types.items()}, **_ADDED, **dict.fromkeys(_HOUR, "VARCHAR")}
    latest: dict[tuple[str, ...], str] = {}
    source = folder / "rows.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for row in rows:
            line, hour = _line(types, row)
            latest[hour] = max(latest.get(hour, ""), f"{_moment(row['time']):%Y%m%dT%H%M%SZ}")
            file.write(json.dumps(line) + "\n")
    told = "{" + ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in columns.items()) + "}"
    read = f"read_json({_text(str(source))}, format='newline_delimited', columns={told}, maximum_object_size=33554432)"
    with duckdb.connect(config={"threads": 1}) as connection:
        to = f"{_text(str(folder / 'made'))} (FORMAT parquet, PARTITION_BY ({', '.join(_HOUR)}))"
        connection.execute(f"COPY (SELECT * FROM {read}) TO {to}")  # noqa: S608 - names that were checked, quoted
    for hour, moment in sorted(latest.items()):
        inside = folder.joinpath("made", *(f"{name}={part}" for name, part in zip(_HOUR, hour, strict=True)))
        below = "/".join(f"{name.strip('_')}={part}" for name, part in zip(_HOUR, hour, strict=True))
        for path in sorted(inside.iterdir()):
            yield path, f"{below}/{moment}_{''.join(secrets.choice(_LETTERS) for _ in range(16))}.parquet"


def _line(types: Mapping[str, str], row: Row) -> tuple[dict[str, Any], tuple[str, ...]]:
    hour = tuple(_moment(row["time"]).strftime("%Y %m %d %H").split())
    added = {
        "write_time": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}",
        "api_invocation_time": f"{_moment(row['asked']):%Y-%m-%d %H:%M:%S.%f}",
        "is_deleted": row["deleted"],
    }
    values = {name: stored(kind, row["values"].get(name)) for name, kind in types.items()}
    return {**values, **added, **dict(zip(_HOUR, hour, strict=True))}, hour


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
