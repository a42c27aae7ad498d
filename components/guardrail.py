"""A guardrail of Amazon Bedrock: words that nobody may ask or read, and patterns that are taken out of what is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pulumi
from pulumi_aws.bedrock import Guardrail as GuardrailResource

from mlops_iac.components._kit import Component, KeyRef, Named, Reach
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role
from mlops_iac.core.errors import BlueprintError

__all__ = ["Guardrail", "GuardrailArgs", "GuardrailNodes", "Pattern"]

# Idle cost: nothing. Words and patterns are free to apply.

APPLY = ("bedrock:ApplyGuardrail",)
KEY = ("kms:Decrypt",)
VERSION: Final = "DRAFT"
"""What is applied is what was deployed last: an update is an update of the draft."""


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A regular expression, without lookarounds, and what becomes of a text that has it."""

    pattern: str
    action: Literal["BLOCK", "ANONYMIZE"] = "ANONYMIZE"
    """Left out: what it matches is replaced by the pattern's name in braces."""


@dataclass(frozen=True, kw_only=True)
class GuardrailArgs:
    """What a team may say about its guardrail."""

    words: tuple[str, ...] = ()
    """Words or phrases of up to three words, in any case: a text that has one is blocked. Left out: none."""
    patterns: Mapping[str, Pattern] = field(default_factory=dict)
    """By name. Left out: none."""
    blocked_question: str = "This cannot be asked here."
    """What is answered to a question that is blocked. Left out: a sentence that says so."""
    blocked_answer: str = "This cannot be shown here."
    """What stands in the place of a text that is blocked. Left out: a sentence that says so."""
    key: KeyRef | None = None
    """Encrypts the guardrail. Left out: AWS-owned encryption."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `GuardrailNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class GuardrailNodes:
    guardrail: GuardrailResource


class Guardrail(Component):
    """One guardrail, which whoever may apply it applies to questions and answers."""

    Nodes = GuardrailNodes
    reach = (Reach(actions=APPLY, on=("guardrail/*",)), Reach(actions=KEY, on=("key/*",)))

    def __init__(self, place: Named, args: GuardrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if not args.words and not args.patterns:
            detail = "It has neither words nor patterns, and Bedrock makes no guardrail of nothing."
            raise BlueprintError("A guardrail guards nothing.", detail, hint="give it words, or patterns.")
        super().__init__(place, args.transforms, opts)
        self._key = args.key
        guardrail = self.make("guardrail", GuardrailResource, _settings(args), called=place.name)

        self.nodes = GuardrailNodes(guardrail=guardrail)
        self.guardrail_arn: pulumi.Output[str] = guardrail.guardrail_arn
        self.guardrail_id: pulumi.Output[str] = guardrail.guardrail_id
        self.register_outputs({"guardrail_arn": guardrail.guardrail_arn})

    def grant_apply(self, role: Role) -> None:
        """Let a role apply it."""
        role.grant(self.allow("apply", APPLY, (self.guardrail_arn,)))
        if self._key:
            role.grant(self.allow("apply key", KEY, (self._key.arn,)))


def _settings(args: GuardrailArgs) -> dict[str, Any]:
    found: dict[str, Any] = {
        "blocked_input_messaging": args.blocked_question,
        "blocked_outputs_messaging": args.blocked_answer,
    }
    if args.words:
        found["word_policy_config"] = {"words_configs": [{"text": word} for word in args.words]}
    if args.patterns:
        listed = [{"name": n, "pattern": one.pattern, "action": one.action} for n, one in args.patterns.items()]
        found["sensitive_information_policy_config"] = {"regexes_configs": listed}
    return {**found, "kms_key_arn": args.key.arn} if args.key else found
