"""The table by which the catalogue knows a group's offline store, as Feature Store makes it when a group is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.wire import AwsError

if TYPE_CHECKING:
    from mlops_iac.clients import Clients

DATABASE: Final = "sagemaker_featurestore"
"""Feature Store's own, where no other is named."""
CATALOGUE: Final = "AwsDataCatalog"
TYPES: Final[Mapping[str, str]] = {"Fractional": "double", "Integral": "bigint", "String": "string"}
"""Feature Store's types to Hive's."""
ADDED: Final = (("write_time", "timestamp"), ("api_invocation_time", "timestamp"), ("is_deleted", "boolean"))
_HIVE: Final = "org.apache.hadoop.hive.ql.io.parquet"


def make_table(clients: Clients, group: Mapping[str, Any]) -> None:
    """And its database, where that is not there. Raises `AwsError` where the table is there."""
    glue, place = clients("glue"), group["OfflineStoreConfig"]["DataCatalogConfig"]
    try:
        glue.get_database(Name=place["Database"])
    except glue.exceptions.EntityNotFoundException:
        glue.create_database(DatabaseInput={"Name": place["Database"]})
    try:
        glue.create_table(DatabaseName=place["Database"], TableInput=_table(group))
    except glue.exceptions.AlreadyExistsException as error:
        message = f"Glue table {place['Database']}.{place['TableName']} already exists."
        raise AwsError("ValidationException", message) from error


def change_table(clients: Clients, group: Mapping[str, Any]) -> None:
    """A feature that was added is a column of its table."""
    place = group["OfflineStoreConfig"]["DataCatalogConfig"]
    clients("glue").update_table(DatabaseName=place["Database"], TableInput=_table(group))


def _table(group: Mapping[str, Any]) -> dict[str, Any]:
    offline = group["OfflineStoreConfig"]
    columns = [(one["FeatureName"], TYPES[one["FeatureType"]]) for one in group["FeatureDefinitions"]]
    return {
        "Name": offline["DataCatalogConfig"]["TableName"],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
        "StorageDescriptor": {
            "Columns": [{"Name": name, "Type": kind} for name, kind in (*columns, *ADDED)],
            "Location": offline["S3StorageConfig"]["ResolvedOutputS3Uri"],
            "InputFormat": f"{_HIVE}.MapredParquetInputFormat",
            "OutputFormat": f"{_HIVE}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{_HIVE}.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        },
    }
