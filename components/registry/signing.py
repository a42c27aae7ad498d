"""Signed models: an asymmetric key that signs archives when they are registered, and a function that verifies them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.kms import Alias, Key
from pulumi_aws.lambda_ import Function

from mlops_iac.components._kit import BoundaryRef, Component, Grant, KeyRef, Named, Reach, SigningRef, policy, render
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.encryption import ADMINISTER
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role
from mlops_iac.core import signatures

__all__ = ["ModelSigning", "ModelSigningArgs", "ModelSigningNodes"]

# Idle cost: 1.00 $ a month for the key. 10,000 signatures cost 0.15 $.

SOURCE: Final = Path(__file__).with_name("verify_function.py")
SECONDS: Final = 600
"""It reads the whole archive: some 60 MB a second. No Lambda step of SageMaker Pipelines waits longer."""

INVOKE = ("lambda:InvokeFunction",)
SIGN = ("kms:Sign",)
VERIFY = ("kms:Verify",)
LOOK = ("kms:DescribeKey", "kms:GetPublicKey")
"""Who audits verifies signatures with the public key, and needs no right to any other use."""

NO_ROTATION = ("kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:ListKeyRotations", "kms:RotateKeyOnDemand")
"""An asymmetric key does not rotate: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html"""


@dataclass(frozen=True, kw_only=True)
class ModelSigningArgs:
    """What a team may say about the signing of its models."""

    deletion_days: int = 30
    """Days in which a deleted key can still be saved, 7 to 30. Left out: 30, as no signature could be verified in AWS
    any more."""
    grants: Sequence[Grant] = ()
    """What the verifier may read. Left out: its owners grant it later (``lake.grant_read``, …)."""
    key: KeyRef | None = None
    """Encrypts the verifier's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the verifier's role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `ModelSigningNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class ModelSigningNodes:
    key: Key
    alias: Alias
    verifier: Function
    verifier_role: Role
    verifier_log: LogGroup


class ModelSigning(Component):
    """The key and the verifier of one environment's models. Only who was granted it signs."""

    Nodes = ModelSigningNodes
    reach = (
        Reach(actions=(*SIGN, *VERIFY), on=("key/*",)),
        Reach(actions=INVOKE, on=("function:{stack}-*",)),
        Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),
    )

    def __init__(
        self, place: Named, args: ModelSigningArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or ModelSigningArgs()
        super().__init__(place, args.transforms, opts)
        key = self._create_key(args)
        alias = self.make("alias", Alias, {"target_key_id": key.key_id}, called=place.name)
        log = make_function_log(self, "verifier", args.key)
        self.role = self._create_role(args, key)
        verifier = self._create_verifier(key, log)

        self.nodes = ModelSigningNodes(
            key=key, alias=alias, verifier=verifier, verifier_role=self.role, verifier_log=log
        )
        self.ref = SigningRef(key_arn=key.arn, verifier_arn=verifier.arn)
        self.register_outputs({"key_arn": key.arn, "verifier_arn": verifier.arn})

    def grant_sign(self, role: Role) -> None:
        """Let a role sign models."""
        role.grant(self.allow("sign", SIGN, (self.nodes.key.arn,)))

    def grant_verify(self, role: Role) -> None:
        """Let a role ask whether a model is signed."""
        role.grant(self.allow("verify", INVOKE, (self.nodes.verifier.arn,)))

    def _create_key(self, args: ModelSigningArgs) -> Key:
        root = {"AWS": self.site.arn("iam", "root", region=False)}
        administer = tuple(action for action in ADMINISTER if action not in NO_ROTATION)
        # In a key policy `Resource: *` means this key and nothing else.
        statements = [
            {"Sid": sid, "Effect": "Allow", "Principal": root, "Action": sorted(actions), "Resource": "*"}
            for sid, actions in (
                ("AccountAdministers", (*administer, *LOOK)),
                ("AccountSigns", (*SIGN, *VERIFY)),
            )
        ]
        props = {
            "description": f"Signs models of {self.site.stack}",
            "key_usage": "SIGN_VERIFY",
            "customer_master_key_spec": signatures.KEY_SPEC,
            "deletion_window_in_days": args.deletion_days,
            "policy": render(policy(statements)),
        }
        return self.make("key", Key, props)

    def _create_role(self, args: ModelSigningArgs, key: Key) -> Role:
        return make_function_role(
            self,
            "verifier",
            description="Verifies the signatures of models",
            grants=[self.allow("ask", VERIFY, (key.arn,)), *args.grants],
            boundary=args.boundary,
        )

    def _create_verifier(self, key: Key, log: LogGroup) -> Function:
        props: dict[str, Any] = {
            "description": "Says whether a version of the registry is signed, and unchanged since",
            "code": pack(SOURCE, signatures),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 512,
            "environment": {"variables": {"KEY": key.arn, "STACK": self.site.stack}},
        }
        return self.make("verifier", Function, props, depends_on=[self.role, log])
