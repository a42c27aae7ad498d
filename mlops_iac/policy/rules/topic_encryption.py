"""Notices lie under the environment's key."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import PresentPolicy
from mlops_iac.policy.policy import example

TOPIC = "aws:sns/topic:Topic"


class TopicEncryption(PresentPolicy):
    name = "topic-encryption"
    wants = "A topic is encrypted with a key of ours."
    why = "Alarms say what is broken, and who may read them is then not ours to say."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (TOPIC,)
    remedy = "set kmsMasterKeyId."
    sources = ("Security Hub SNS.1",)
    path = "kmsMasterKeyId"
    detail = "It has no key."
    breaks = (example(TOPIC, {"name": "a"}),)
    keeps = (example(TOPIC, {"kmsMasterKeyId": "key"}),)
