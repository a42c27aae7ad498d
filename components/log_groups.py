"""Log groups as every component makes them: encrypted with the environment's key, and not growing for ever."""

from __future__ import annotations

from typing import Any

from pulumi_aws.cloudwatch import LogGroup

from mlops_iac.components._kit import Component, KeyRef


def make_log_group(owner: Component, child: str, key: KeyRef | None, *, name: str = "", one: str = "") -> LogGroup:
    """A child of ``owner``. ``name``: what a service of AWS calls it; left out: the environment's own name for it.
    ``one`` tells those of one child apart."""
    props: dict[str, Any] = {"retention_in_days": owner.site.log_days}
    if name:
        props["name"] = name
    if key:
        props["kms_key_id"] = key.arn
    return owner.make(child, LogGroup, props, name=one)
