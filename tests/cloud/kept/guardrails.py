"""Guardrails of Bedrock."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud import guardrails
from mlops_iac.cloud.guardrails.guardrails import STORE
from tests.cloud.kept.world import World, plain


class Guardrails(World):
    stores = frozenset({STORE})
    installs = (guardrails.install,)

    def begin(self) -> None:
        self.made: list[str] = []

    def _settings(self) -> dict[str, Any]:
        words = {"wordsConfig": [{"text": f"project {self.new_name()}"}]}
        return {"wordPolicyConfig": words, "blockedInputMessaging": "No.", "blockedOutputsMessaging": "No."}

    def _create(self) -> None:
        made = self.client("bedrock").create_guardrail(name=self.new_name(), **self._settings())
        self.made.append(made["guardrailArn"])

    def _update(self) -> None:
        for one in self.made[:1]:
            self.client("bedrock").update_guardrail(guardrailIdentifier=one, name="changed", **self._settings())

    def _tag(self) -> None:
        for one in self.made[-1:]:
            self.client("bedrock").tag_resource(resourceARN=one, tags=[{"key": "k", "value": self.new_name()}])

    def _delete(self) -> None:
        if self.made:
            self.client("bedrock").delete_guardrail(guardrailIdentifier=self.made.pop())

    def act(self) -> None:
        self.one_of((self._create, self._create, self._update, self._tag, self._delete))

    def seen(self) -> Any:
        client = self.client("bedrock")
        found = [one["arn"] for one in client.list_guardrails()["guardrails"]]
        return plain(
            {
                arn: [
                    client.get_guardrail(guardrailIdentifier=arn),
                    client.list_tags_for_resource(resourceARN=arn)["tags"],
                ]
                for arn in found
            }
        )
