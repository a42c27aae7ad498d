"""Rules of AWS Config: AWS itself judges, again and again, what policies judged before it was deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws.cfg import Rule

from mlops_iac.components._kit import Component, Named, Reach, RecorderRef
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.managed_rules import MANAGED_RULES, ManagedRule

__all__ = ["ConfigRules", "ConfigRulesArgs", "ConfigRulesNodes"]

# Idle cost: 0.001 $ for each look of a periodic rule at one resource of the account, once a day.

PEOPLE: Declared = {
    "viewer": (
        Reach(actions=("config:DescribeComplianceByConfigRule", "config:DescribeConfigRules")),
        Reach(actions=("config:DescribeConfigurationRecorderStatus",), on=("configuration-recorder/*",)),
        Reach(actions=("config:GetComplianceDetailsByConfigRule",), on=("config-rule/*",)),
    )
}


@dataclass(frozen=True, kw_only=True)
class ConfigRulesArgs:
    """What a team may say about its rules."""

    rules: Sequence[ManagedRule] = MANAGED_RULES
    """Left out: all that say what a policy of ours says."""
    recorder: RecorderRef | None = None
    """By which AWS sees changes. Left out: the one that this region of the account has already."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``rules``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class ConfigRulesNodes:
    rules: Sequence[Rule]


class ConfigRules(Component):
    """Managed rules. Those that judge changes look at what carries the environment's tag; periodic ones know no scope,
    and look at all that the account has in this region."""

    Nodes = ConfigRulesNodes
    people = PEOPLE

    def __init__(
        self, place: Named, args: ConfigRulesArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or ConfigRulesArgs()
        super().__init__(place, args.transforms, opts)
        rules = [self._create_rule(rule, args.recorder) for rule in args.rules]

        self.nodes = ConfigRulesNodes(rules=rules)
        self.rule_names = [rule.name for rule in rules]
        self.register_outputs({"rule_names": self.rule_names})

    def _create_rule(self, rule: ManagedRule, recorder: RecorderRef | None) -> Rule:
        props: dict[str, Any] = {
            "description": f"{rule.policy or 'trail'} of {self.site.stack}",
            "source": {"owner": "AWS", "source_identifier": rule.identifier},
            **({} if rule.periodic else {"scope": {"tag_key": STACK_TAG, "tag_value": self.site.stack}}),
        }
        return self.make(
            "rules", Rule, props, name=rule.name, called=rule.name, depends_on=[recorder.on] if recorder else ()
        )
