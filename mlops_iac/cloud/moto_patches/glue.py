"""Glue: the tags of a database go with it. moto keeps them, and the Resource Groups Tagging API then tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    from moto.glue.models import GlueBackend
    from moto.utilities.utils import get_partition

    delete = GlueBackend.delete_database

    def delete_database(self: GlueBackend, database_name: str) -> None:
        delete(self, database_name)
        head = f"arn:{get_partition(self.region_name)}:glue:{self.region_name}:{self.account_id}"
        self.tagger.delete_all_tags_for_resource(f"{head}:database/{database_name}")

    GlueBackend.delete_database = delete_database
