"""The objects of a table, fetched from the emulated S3 into a folder of the query's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.cloud.athena.failure import QueryFailed
from mlops_iac.cloud.athena.iceberg import Iceberg
from mlops_iac.cloud.athena.locations import split_location, split_object
from mlops_iac.cloud.athena.sources import Part, partition_keys
from mlops_iac.cloud.athena.statement import TableName


class Lake:
    """What one query reads. ``scanned`` counts the bytes, which is what Athena bills."""

    def __init__(self, clients: Clients, folder: Path) -> None:
        self._clients, self._folder = clients, folder
        self.scanned = 0
        self._count = 0

    def get_table(self, name: TableName) -> Mapping[str, Any]:
        """The table as Glue has it; `QueryFailed` when there is none."""
        glue = self._clients("glue")
        try:
            table: Mapping[str, Any] = glue.get_table(DatabaseName=name.database, Name=name.name)["Table"]
        except glue.exceptions.EntityNotFoundException as error:
            raise QueryFailed("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{name}' does not exist") from error
        return table

    def fetch(self, name: TableName, table: Mapping[str, Any]) -> list[Part]:
        """The table's files, by partition."""
        keys = [key for key, _ in partition_keys(table)]
        if not keys:
            return [Part({}, self._fetch_prefix(table["StorageDescriptor"]["Location"]))]
        return [
            Part(
                dict(zip(keys, found["Values"], strict=False)),
                self._fetch_prefix(found["StorageDescriptor"]["Location"]),
            )
            for found in self._partitions(name)
        ]

    def _partitions(self, name: TableName) -> Iterator[Mapping[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._clients("glue").get_partitions(DatabaseName=name.database, TableName=name.name, **token)
            yield from page["Partitions"]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    @property
    def iceberg(self) -> Iceberg:
        return Iceberg(self._clients)

    def fetch_objects(self, locations: Iterable[str]) -> list[Path]:
        """Objects by their locations."""
        return [self._fetch(*split_object(location)) for location in locations]

    def _fetch_prefix(self, location: str) -> list[Path]:
        bucket, prefix = split_location(location)
        return [self._fetch(bucket, key) for key in self.keys(bucket, prefix)]

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """Keys below a location that hold data, in their order."""
        s3 = self._clients("s3")
        try:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for item in page.get("Contents", ()):
                    last = item["Key"].rsplit("/", 1)[-1]
                    if item["Size"] and not last.startswith(("_", ".")):
                        yield item["Key"]
        except s3.exceptions.NoSuchBucket as error:
            raise QueryFailed("HIVE_FILESYSTEM_ERROR", f"bucket {bucket} does not exist") from error

    def _fetch(self, bucket: str, key: str) -> Path:
        """DuckDB tells compression by the name's end, so that is kept; the rest of a key may be no file name."""
        self._count += 1
        ending = "".join(Path(key).suffixes[-2:])
        path = self._folder / f"{self._count}{ending if ending.replace('.', '').isalnum() else ''}"
        answer = self._clients("s3").get_object(Bucket=bucket, Key=key)
        with path.open("wb") as file:
            for chunk in answer["Body"].iter_chunks(1 << 20):
                file.write(chunk)
        self.scanned += path.stat().st_size
        return path
