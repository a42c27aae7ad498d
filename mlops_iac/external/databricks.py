"""Databricks, a workspace."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops_iac.external.system import System, Text, Variable


class Databricks(System):
    """A workspace of Databricks."""

    title: ClassVar = "Databricks"
    offers: ClassVar = "warehouse, jobs"
    client: ClassVar = "Databricks SDK and CLI"
    source: ClassVar = (
        "https://docs.databricks.com/aws/en/dev-tools/auth/env-vars, and databricks/sdk/config.py of databricks-sdk "
        "0.162.0"
    )
    secrets: ClassVar = {"DATABRICKS_TOKEN": "token", "DATABRICKS_CLIENT_SECRET": "client_secret"}
    located: ClassVar = {"DATABRICKS_HOST": "{url}"}
    private_dns: ClassVar = True

    kind: Literal["databricks"]
    client_id: Annotated[Text, Variable("DATABRICKS_CLIENT_ID")] | None = Field(
        default=None, description="The service principal whose `client_secret` the secret holds. Left out: a `token`."
    )
    warehouse_id: Annotated[Text, Variable("DATABRICKS_WAREHOUSE_ID")] | None = Field(
        default=None, description="The SQL warehouse that works. Left out: calls name it."
    )
    cluster_id: Annotated[Text, Variable("DATABRICKS_CLUSTER_ID")] | None = Field(
        default=None, description="The cluster that works. Left out: calls name it."
    )
