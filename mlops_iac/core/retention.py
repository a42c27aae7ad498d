"""How long nobody may delete what an environment has to be able to show: S3's Object Lock, version by version.

Locked are the models that were registered, with what they were measured by, and the folders of the lake below. Raw data
is not: who has to forget a person deletes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from mlops_iac.core import audit

Mode = Literal["governance", "compliance"]

EVIDENCE: Final = "evidence/"
"""Of the lake: what `evidence --keep` wrote."""

LOCKED: Final = (audit.FOLDER, EVIDENCE)
"""Of the lake: every object in them is locked as it is written."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-retention-modes"""

    mode: Mode
    """governance: whoever may `s3:BypassGovernanceRetention` ends it; compliance: nobody at all."""
    days: int

    @property
    def lock(self) -> Mapping[str, Any]:
        """As plain JSON, in S3's words: how functions of an environment are told."""
        return {"mode": self.mode.upper(), "days": self.days}

    def arguments(self, now: datetime) -> dict[str, Any]:
        """Of a PutObject."""
        return {"ObjectLockMode": self.mode.upper(), "ObjectLockRetainUntilDate": now + timedelta(days=self.days)}
