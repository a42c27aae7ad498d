"""Results of queries lie under a key."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import PresentPolicy
from mlops_iac.policy.policy import example

WORKGROUP = "aws:athena/workgroup:Workgroup"


class QueryEncryption(PresentPolicy):
    name = "query-encryption"
    wants = "A workgroup of Athena encrypts results."
    why = "A result is data, in a place of its own."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (WORKGROUP,)
    remedy = "set configuration.resultConfiguration.encryptionConfiguration."
    sources = ("https://docs.aws.amazon.com/athena/latest/ug/encrypting-query-results-stored-in-s3.html",)
    path = "configuration.resultConfiguration.encryptionConfiguration"
    detail = "Its results are encrypted with no key of ours."
    breaks = (example(WORKGROUP, {"name": "a"}),)
    keeps = (
        example(
            WORKGROUP,
            {"configuration": {"resultConfiguration": {"encryptionConfiguration": {"encryptionOption": "SSE_KMS"}}}},
        ),
    )
