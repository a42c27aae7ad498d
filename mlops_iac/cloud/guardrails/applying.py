"""What a guardrail does with a text: words and patterns are looked for; what takes a model is refused.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlops_iac.cloud.wire import AwsError

MODELLED: Final = {
    "topicPolicyConfig": "topics",
    "contentPolicyConfig": "content filters",
    "contextualGroundingPolicyConfig": "grounding checks",
    "automatedReasoningPolicyConfig": "automated reasoning",
}
"""Policies that models of AWS's decide."""
UNIT: Final = 1000
"""Characters of what is billed as one."""


@dataclass
class Judged:
    """One text after a guardrail saw it."""

    text: str
    blocked: bool = False
    words: list[dict[str, Any]] = field(default_factory=list)
    regexes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def touched(self) -> bool:
        return bool(self.words or self.regexes)


def apply(guardrail: Mapping[str, Any], texts: list[str], source: str) -> dict[str, Any]:
    """ApplyGuardrail's answer. Raises `AwsError` for a guardrail of which something cannot be applied here."""
    if lacking := ", ".join(_lacking(guardrail)):
        raise AwsError(
            "NotImplemented", f"The embedded cloud applies words and regular expressions, no {lacking}.", 501
        )
    judged = [_judge(guardrail, text) for text in texts]
    blocked = any(one.blocked for one in judged)
    intervened = any(one.touched for one in judged)
    said = guardrail["blockedInputMessaging" if source == "INPUT" else "blockedOutputsMessaging"]
    outputs = [said] if blocked else [one.text for one in judged] if intervened else []
    units = sum(-(-len(text) // UNIT) for text in texts)
    return {
        "usage": {
            "topicPolicyUnits": 0,
            "contentPolicyUnits": 0,
            "wordPolicyUnits": units if _words(guardrail) else 0,
            "sensitiveInformationPolicyUnits": 0,
            "sensitiveInformationPolicyFreeUnits": units if _regexes(guardrail) else 0,
            "contextualGroundingPolicyUnits": 0,
        },
        "action": "GUARDRAIL_INTERVENED" if intervened else "NONE",
        "outputs": [{"text": text} for text in outputs],
        "assessments": [_assessment(one) for one in judged if one.touched],
    }


def _lacking(guardrail: Mapping[str, Any]) -> Iterator[str]:
    yield from (name for member, name in MODELLED.items() if guardrail.get(member))
    if (guardrail.get("sensitiveInformationPolicyConfig") or {}).get("piiEntitiesConfig"):
        yield "kinds of personal data"
    if (guardrail.get("wordPolicyConfig") or {}).get("managedWordListsConfig"):
        yield "word lists of AWS's"


def _words(guardrail: Mapping[str, Any]) -> list[dict[str, Any]]:
    return (guardrail.get("wordPolicyConfig") or {}).get("wordsConfig") or []


def _regexes(guardrail: Mapping[str, Any]) -> list[dict[str, Any]]:
    return (guardrail.get("sensitiveInformationPolicyConfig") or {}).get("regexesConfig") or []


def _judge(guardrail: Mapping[str, Any], text: str) -> Judged:
    """Words block. A pattern blocks, or its matches are replaced by its name in braces."""
    judged = Judged(text)
    for word in _words(guardrail):
        for found in re.finditer(rf"(?<!\w){re.escape(word['text'])}(?!\w)", text, re.IGNORECASE):
            judged.words.append({"match": found[0], "action": "BLOCKED", "detected": True})
            judged.blocked = True
    for one in _regexes(guardrail):
        action = "BLOCKED" if one["action"] == "BLOCK" else "ANONYMIZED"
        told = {"name": one["name"], "regex": one["pattern"], "action": action, "detected": True}
        judged.regexes += [{**told, "match": found[0]} for found in re.finditer(one["pattern"], text)]
        judged.blocked |= action == "BLOCKED" and any(found["name"] == one["name"] for found in judged.regexes)
        mark = f"{{{one['name']}}}".replace("\\", r"\\")
        judged.text = re.sub(one["pattern"], mark, judged.text)
    return judged


def _assessment(judged: Judged) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if judged.words:
        found["wordPolicy"] = {"customWords": judged.words, "managedWordLists": []}
    if judged.regexes:
        found["sensitiveInformationPolicy"] = {"piiEntities": [], "regexes": judged.regexes}
    return found
