"""What a team may say about what auditors ask for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops_iac.config.section import Section
from mlops_iac.core.retention import Retention


class KeepLocked(Section):
    """Object Lock. What is locked stays until its day, whatever is written here later."""

    mode: Literal["governance", "compliance"] = Field(
        default="governance",
        description="governance: whoever has the right s3:BypassGovernanceRetention can end a lock. compliance: nobody "
        "can, the account's root included.",
    )
    days: int = Field(ge=1, le=36500, description="Days from when it is written; S3 takes at most 100 years.")

    @property
    def known(self) -> Retention:
        return Retention(mode=self.mode, days=self.days)


class TrailOptions(Section):
    enabled: bool = Field(default=True, description="Whether there is a trail.")
    management: bool = Field(
        default=True,
        description="Tell changes and uses of keys too. CloudTrail tells those of the whole account in this region: "
        "false where other teams share it.",
    )
    keep_days: int | None = Field(
        default=None, ge=1, le=36500, description="Days that log files are kept. Left out: as long as other logs."
    )


class AuditOptions(Section):
    """Options of blueprints that somebody audits."""

    keys: Literal["one", "per-layer"] = Field(
        default="one",
        description="one: a key for everything. per-layer: lake, registry, logs and secrets have a key each, and no "
        "role of one layer may use another's. Images do not change their key: changing this on a deployed environment "
        "makes their repository anew.",
    )
    trail: TrailOptions = Field(
        default=TrailOptions(),
        description="CloudTrail's log files of who read and wrote what, in a bucket of their own.",
    )
    config: Literal["own", "adopted"] | None = Field(
        default=None,
        description="Rules of AWS Config, which judge on AWS what policies judge before a deployment. A region of an "
        "account has one recorder. adopted: the one that is there is used. own: this environment has it, which fails "
        "where there is one. Left out: no rules.",
    )
    retention: KeepLocked | None = Field(
        default=None,
        description="How long registered models, the log of who did what, and evidence are locked in the lake. Left "
        "out: nothing is locked.",
    )


NOTHING = AuditOptions(trail=TrailOptions(enabled=False))


def asked(options: Section) -> AuditOptions:
    """A blueprint without these options asks for none of it."""
    return options if isinstance(options, AuditOptions) else NOTHING
