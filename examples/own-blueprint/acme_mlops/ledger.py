"""Acme's ledger, which books what a model has decided."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops_iac.external import System, Text, Variable


class Ledger(System):
    """Acme's ledger of decisions, in Acme's own network."""

    title: ClassVar = "Acme's ledger"
    offers: ClassVar = "audit"
    client: ClassVar = "acme-ledger"
    source: ClassVar = "https://acme.example/ledger/client"
    secrets: ClassVar = {"ACME_LEDGER_TOKEN": "token"}
    located: ClassVar = {"ACME_LEDGER_URL": "{url}"}

    kind: Literal["ledger"]
    book: Annotated[Text, Variable("ACME_LEDGER_BOOK")] = Field(description="The book that decisions go into.")
