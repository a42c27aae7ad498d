"""A provider of one package, which is all that most tests need."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class OnePackage:
    """Provider and package at once, for whatever type is asked for. Its settings say the region."""

    name = ""
    """Taken from what is asked for first."""
    identity: ClassVar[frozenset[str]] = frozenset({"region"})
    account_id = "123456789012"

    def package(self, name: str) -> Self:
        self.name = self.name or name
        return self

    def check_settings(self, settings: Props) -> None:
        if "refused" in settings:
            raise PlanError("Provider setting is not honoured here.", "`refused` is not.")

    def scope(self, stack: str, project: str, settings: Props) -> Scope:
        region: Any = settings.get("region", "")
        return Scope(stack=stack, project=project, region=region, account_id=self.account_id)
