"""A table can be brought back as it was."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

TABLE = "aws:dynamodb/table:Table"


class TableBackups(ValuePolicy):
    name = "table-backups"
    wants = "A DynamoDB table can be restored to any point of the last weeks."
    why = "What a mistake overwrote is gone."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE}
    types = (TABLE,)
    remedy = "set pointInTimeRecovery.enabled to true."
    sources = ("Security Hub DynamoDB.2",)
    path = "pointInTimeRecovery.enabled"
    allowed = (True,)
    default = False
    detail = "It cannot be restored."
    breaks = (example(TABLE, {"name": "a"}),)
    keeps = (example(TABLE, {"pointInTimeRecovery": {"enabled": True}}),)
