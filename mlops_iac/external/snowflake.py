"""Snowflake, a warehouse."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from mlops_iac.external.system import System, Text, Variable


class Snowflake(System):
    """A Snowflake account, as a service user signs in to it."""

    title: ClassVar = "Snowflake"
    offers: ClassVar = "warehouse"
    client: ClassVar = "Snowflake CLI (`snow --temporary-connection`)"
    source: ClassVar = (
        "https://docs.snowflake.com/en/developer-guide/snowflake-cli/connecting/configure-connections, and "
        "config_ng/sources.py of snowflake-cli 3.31.0"
    )
    secrets: ClassVar = {
        "SNOWFLAKE_PASSWORD": "password",
        "SNOWFLAKE_PRIVATE_KEY_RAW": "private_key",
        "SNOWFLAKE_TOKEN": "token",
    }
    located: ClassVar = {"SNOWFLAKE_HOST": "{host}", "SNOWFLAKE_PORT": "{port}", "SNOWFLAKE_PROTOCOL": "{scheme}"}
    usual_address: ClassVar = "https://{account}.snowflakecomputing.com"

    kind: Literal["snowflake"]
    account: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=255), Variable("SNOWFLAKE_ACCOUNT")
    ] = Field(description="The account's identifier, such as acme-analytics.", examples=["acme-analytics"])
    user: Annotated[Text, Variable("SNOWFLAKE_USER")] = Field(
        description="Who signs in: a user of type SERVICE.", examples=["ML_SERVICE"]
    )
    warehouse: Annotated[Text, Variable("SNOWFLAKE_WAREHOUSE")] | None = Field(
        default=None, description="The virtual warehouse that works. Left out: the user's own."
    )
    database: Annotated[Text, Variable("SNOWFLAKE_DATABASE")] | None = Field(
        default=None, description="The database. Left out: queries name it."
    )
    db_schema: Annotated[Text, Variable("SNOWFLAKE_SCHEMA")] | None = Field(
        default=None, alias="schema", description="The schema in it. Left out: queries name it."
    )
    role: Annotated[Text, Variable("SNOWFLAKE_ROLE")] | None = Field(
        default=None, description="The role. Left out: the user's own."
    )
    authenticator: (
        Annotated[Literal["SNOWFLAKE_JWT", "PROGRAMMATIC_ACCESS_TOKEN"], Variable("SNOWFLAKE_AUTHENTICATOR")] | None
    ) = Field(default=None, description="How it signs in. Left out: by password.")

    @property
    def variables(self) -> dict[str, str]:
        """The clients know where an account is; they are told of an address that a team says, and of no other."""
        found = super().variables
        return found if self.address else {name: value for name, value in found.items() if name not in self.located}
