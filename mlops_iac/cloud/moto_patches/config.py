"""AWS Config: a rule's scope is described as it was given, and a rule that is changed keeps its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    gateway.when_used("config", _patch)


def _patch() -> None:
    from moto.config.models import ConfigRule, Scope

    describe = getattr(Scope.to_dict, "original", Scope.to_dict)
    modify = getattr(ConfigRule.modify_fields, "original", ConfigRule.modify_fields)

    def described(self: Scope) -> dict[str, Any]:
        """moto answers ``Tags``, of which AWS's API knows nothing."""
        told: dict[str, Any] = describe(self)
        for key, value in (told.pop("Tags", None) or {}).items():
            told["TagKey"] = key
            if value is not None:
                told["TagValue"] = value
        return told

    def modified(self: ConfigRule, region: str, config_rule: dict[str, Any], tags: dict[str, str]) -> None:
        """PutConfigRule takes tags for a new rule only; without them moto forgets those there are."""
        before = getattr(self, "tags", None)
        modify(self, region, config_rule, tags)
        if before is not None:
            self.tags = before

    described.original = describe  # type: ignore[attr-defined]
    modified.original = modify  # type: ignore[attr-defined]
    Scope.to_dict = described
    ConfigRule.modify_fields = modified
