"""Messages lie under the environment's key."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import PresentPolicy
from mlops_iac.policy.policy import example

QUEUE = "aws:sqs/queue:Queue"


class QueueEncryption(PresentPolicy):
    name = "queue-encryption"
    wants = "A queue is encrypted with a key of ours."
    why = "What waits in it, tokens of approvals among it, could be read with rights on the queue alone."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (QUEUE,)
    remedy = "set kmsMasterKeyId."
    sources = ("Security Hub SQS.1",)
    path = "kmsMasterKeyId"
    detail = "It has no key of its own."
    breaks = (example(QUEUE, {"name": "a"}),)
    keeps = (example(QUEUE, {"kmsMasterKeyId": "key"}),)
