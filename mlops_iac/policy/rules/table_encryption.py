"""Tables lie under the environment's key."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

TABLE = "aws:dynamodb/table:Table"


class TableEncryption(ValuePolicy):
    name = "table-encryption"
    wants = "A DynamoDB table is encrypted with a key of ours."
    why = "Its records could be read with rights on the table alone."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (TABLE,)
    remedy = "set serverSideEncryption.enabled to true and name the key."
    sources = ("https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html",)
    path = "serverSideEncryption.enabled"
    allowed = (True,)
    default = False
    detail = "It has no key of ours."
    breaks = (example(TABLE, {"name": "a"}),)
    keeps = (example(TABLE, {"serverSideEncryption": {"enabled": True, "kmsKeyArn": "key"}}),)
