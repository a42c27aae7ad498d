"""Bedrock's operations on guardrails. There are drafts only: no numbered versions."""

from __future__ import annotations

import re
import secrets
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.guardrails.applying import MODELLED, apply
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "bedrock.guardrails"
DRAFT: Final = "DRAFT"
_LETTERS: Final = string.ascii_lowercase + string.digits
_KEPT: Final = (
    "name", "description", "blockedInputMessaging", "blockedOutputsMessaging", "wordPolicyConfig",
    "sensitiveInformationPolicyConfig", *MODELLED,
)  # fmt: skip


class Guardrails:
    """By their ARN."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def install(self) -> None:
        for operation, answer in (
            ("CreateGuardrail", self.create),
            ("GetGuardrail", self.describe),
            ("ListGuardrails", self.list),
            ("UpdateGuardrail", self.update),
            ("DeleteGuardrail", self.delete),
            ("TagResource", self.tag),
            ("UntagResource", self.untag),
            ("ListTagsForResource", self.tags),
        ):
            self._gateway.instead("bedrock", operation, self._gateway.holding("bedrock", answer))
        self._gateway.instead("bedrock-runtime", "ApplyGuardrail", self._gateway.holding("bedrock", self.apply))

    @property
    def _all(self) -> dict[str, dict[str, Any]]:
        return self._gateway.store[STORE]

    def get(self, call: Call, named: str) -> dict[str, Any]:
        """By its ARN or its id."""
        arn = named if named.startswith("arn:") else call.arn("bedrock", f"guardrail/{named}")
        if arn not in self._all:
            raise AwsError("ResourceNotFoundException", f"The guardrail {named} does not exist.", 404)
        return self._all[arn]

    def create(self, call: Call) -> dict[str, Any]:
        name = call.params["name"]
        here = call.arn("bedrock", "guardrail/")
        if any(one["name"] == name and arn.startswith(here) for arn, one in self._all.items()):
            raise AwsError("ConflictException", f"The guardrail name {name} is already in use.", 409)
        number = "".join(secrets.choice(_LETTERS) for _ in range(12))
        made = {
            **_settings(call),
            "guardrailId": number,
            "guardrailArn": f"{here}{number}",
            "version": DRAFT,
            "createdAt": datetime.now(UTC),
            "updatedAt": datetime.now(UTC),
            "kmsKeyArn": call.params.get("kmsKeyId"),
            "tags": {one["key"]: one["value"] for one in call.params.get("tags") or ()},
        }
        self._all[made["guardrailArn"]] = made
        return {name: made[name] for name in ("guardrailId", "guardrailArn", "version", "createdAt")}

    def describe(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["guardrailIdentifier"])
        words = (found.get("wordPolicyConfig") or {}).get("wordsConfig")
        regexes = (found.get("sensitiveInformationPolicyConfig") or {}).get("regexesConfig")
        shown = {
            name: value for name, value in found.items() if name not in ("tags", *_policies()) and value is not None
        }
        return {
            **shown,
            "status": "READY",
            **({"wordPolicy": {"words": words, "managedWordLists": []}} if words else {}),
            **({"sensitiveInformationPolicy": {"piiEntities": [], "regexes": regexes}} if regexes else {}),
        }

    def list(self, call: Call) -> dict[str, Any]:
        here = call.arn("bedrock", "guardrail/")
        found = [one for arn, one in self._all.items() if arn.startswith(here)]
        return {
            "guardrails": [
                {
                    "id": one["guardrailId"],
                    "arn": one["guardrailArn"],
                    "status": "READY",
                    **{name: one[name] for name in ("name", "version", "createdAt", "updatedAt")},
                }
                for one in found
            ]
        }

    def update(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["guardrailIdentifier"])
        for name in _KEPT:
            found.pop(name, None)
        found.update(_settings(call), updatedAt=datetime.now(UTC), kmsKeyArn=call.params.get("kmsKeyId"))
        return {name: found[name] for name in ("guardrailId", "guardrailArn", "version", "updatedAt")}

    def delete(self, call: Call) -> dict[str, Any]:
        del self._all[self.get(call, call.params["guardrailIdentifier"])["guardrailArn"]]
        return {}

    def apply(self, call: Call) -> dict[str, Any]:
        guardrail = self.get(call, call.params["guardrailIdentifier"])
        if call.params["guardrailVersion"] != DRAFT:
            raise AwsError("ResourceNotFoundException", "The guardrail has no such version.", 404)
        texts = [one["text"]["text"] for one in call.params["content"] if "text" in one]
        if len(texts) < len(call.params["content"]):
            raise AwsError("NotImplemented", "The embedded cloud applies guardrails to texts only.", 501)
        return apply(guardrail, texts, call.params["source"])

    def tag(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["resourceARN"])
        found["tags"].update({one["key"]: one["value"] for one in call.params["tags"]})
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["resourceARN"])
        for key in call.params["tagKeys"]:
            found["tags"].pop(key, None)
        return {}

    def tags(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["resourceARN"])
        return {"tags": [{"key": key, "value": value} for key, value in found["tags"].items()]}


def _policies() -> tuple[str, ...]:
    return ("wordPolicyConfig", "sensitiveInformationPolicyConfig", *MODELLED)


def _settings(call: Call) -> dict[str, Any]:
    """What it is set to. Raises `AwsError` for a pattern that is none, and for a guardrail of nothing."""
    found = {name: call.params[name] for name in _KEPT if call.params.get(name) is not None}
    if not any(found.get(name) for name in _policies()):
        raise AwsError("ValidationException", "A guardrail must have at least one policy.")
    for one in (found.get("sensitiveInformationPolicyConfig") or {}).get("regexesConfig") or ():
        try:
            re.compile(one["pattern"])
        except re.error as error:
            raise AwsError("ValidationException", f"The regex {one['name']} is invalid: {error}.") from error
    return found
