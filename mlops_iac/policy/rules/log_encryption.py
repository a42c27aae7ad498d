"""Logs lie under the environment's key."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import PresentPolicy
from mlops_iac.policy.policy import example

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


class LogEncryption(PresentPolicy):
    name = "log-encryption"
    wants = "A log group is encrypted with a key of ours."
    why = "Jobs print data, and whoever may read logs may then read it."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (LOG_GROUP,)
    remedy = "set kmsKeyId."
    sources = ("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",)
    path = "kmsKeyId"
    detail = "It has no key."
    breaks = (example(LOG_GROUP, {"name": "a"}),)
    keeps = (example(LOG_GROUP, {"kmsKeyId": "key"}),)
