"""What reviewers approve plans with: an asymmetric key that they, and nobody else, may sign with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws.kms import Alias, Key

from mlops_iac.components._kit import Component, Grant, Named, policy, render
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.encryption import ADMINISTER
from mlops_iac.components.registry.signing import LOOK, NO_ROTATION, SIGN, VERIFY
from mlops_iac.core.access import parse_principal
from mlops_iac.core.signatures import KEY_SPEC

__all__ = ["ReviewKey", "ReviewKeyArgs", "ReviewKeyNodes"]

# Idle cost: 1.00 $ a month for the key. 10,000 signatures cost 0.15 $.

SPOIL = ("kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion")
"""By which somebody could let himself sign, or keep everybody from carrying out what is approved."""


@dataclass(frozen=True, kw_only=True)
class ReviewKeyArgs:
    """Who reviews."""

    reviewers: Sequence[str]
    """Users and roles by their ARN, and permission sets: ``sso:NAME`` (`core/access.py`)."""
    deletion_days: int = 30
    """Days in which a deleted key can still be saved, 7 to 30. Left out: 30, as no approved plan could be carried out
    any more."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `ReviewKeyNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class ReviewKeyNodes:
    key: Key
    alias: Alias


class ReviewKey(Component):
    """The key, with a policy by which IAM gives nobody the right to sign: only who is named here has it.

    A statement for the account's root would let any administrator's policy, `kms:Sign` on `*`, approve plans. So the
    account may administer the key and verify with it, and the right to sign is the reviewers' by this policy:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """

    Nodes = ReviewKeyNodes

    def __init__(self, place: Named, args: ReviewKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        key = self._create_key(args)
        alias = self.make("alias", Alias, {"target_key_id": key.key_id}, called=place.name)

        self.nodes = ReviewKeyNodes(key=key, alias=alias)
        self.key_arn: pulumi.Output[str] = key.arn
        self.register_outputs({"key_arn": key.arn})

    def verifying(self) -> list[Grant]:
        """What carries a plan out asks whether it was approved."""
        return [self.allow("verify", (*VERIFY, *LOOK), (self.key_arn,))]

    def guarding(self) -> list[Grant]:
        """What whoever plans and deploys is denied, whatever else he may do with keys."""
        denied = (*SIGN, *SPOIL)
        return [
            Grant(owner=self.place.name, what="guard", actions=denied, resources=(self.key_arn,), effect="Deny"),
        ]

    def _create_key(self, args: ReviewKeyArgs) -> Key:
        props = {
            "description": f"Signs what reviewers approve ({self.site.stack})",
            "key_usage": "SIGN_VERIFY",
            "customer_master_key_spec": KEY_SPEC,
            "deletion_window_in_days": args.deletion_days,
            "policy": render(policy(self._statements(args.reviewers))),
        }
        return self.make("key", Key, props)

    def _statements(self, reviewers: Sequence[str]) -> list[dict[str, Any]]:
        root = {"AWS": self.site.arn("iam", "root", region=False)}
        administer = tuple(action for action in ADMINISTER if action not in NO_ROTATION)
        return [
            _allow("AccountAdministers", root, (*administer, *LOOK)),
            _allow("AccountVerifies", root, VERIFY),
            *self._reviewing(reviewers),
        ]

    def _reviewing(self, reviewers: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Those who are named exactly share a statement. Of a permission set the account is the principal and the
        condition the roles that Identity Center makes of it: nobody knows their names before."""
        named = sorted(one for one in reviewers if parse_principal(one).kind != "sso")
        if named:
            yield _allow("ReviewersSign", {"AWS": named}, (*SIGN, *VERIFY))
        sets = [parse_principal(one) for one in reviewers if parse_principal(one).kind == "sso"]
        for number, found in enumerate(sets, 1):
            account = pulumi.Output.from_input(found.account or self.site.account_id)
            begin = f"arn:{self.site.partition}:iam::"
            arns = [pulumi.Output.concat(begin, account, f":{pattern}") for pattern in found.patterns()]
            root = {"AWS": pulumi.Output.concat(begin, account, ":root")}
            condition = {"ArnLike": {"aws:PrincipalArn": arns}}
            yield {**_allow(f"SetSigns{number}", root, (*SIGN, *VERIFY)), "Condition": condition}


def _allow(sid: str, principal: dict[str, Any], actions: tuple[str, ...]) -> dict[str, Any]:
    # In a key policy `Resource: *` means this key and nothing else.
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": sorted(actions), "Resource": "*"}
