"""One customer key for the whole environment, with rotation, an alias and a policy that names its users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
from pulumi_aws.kms import Alias, Key

from mlops_iac.components._kit import Component, KeyRef, Named, Reach, policy, render
from mlops_iac.components._kit.refs import ReaderRef
from mlops_iac.components._kit.sagemaker import TO_AWS
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role

__all__ = ["Encryption", "EncryptionArgs", "EncryptionNodes"]

# Idle cost: 1.00 $ a month for the key, and 1.00 $ for each of its first two yearly rotations.

ADMINISTER = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
IN_CONTEXT = tuple(action for action in USE if action != "kms:DescribeKey")
"""Looking at a key carries no encryption context: a statement that demands one would never allow it."""
PASSING = ("kms:Decrypt", "kms:GenerateDataKey")
"""What encrypting a message on its way takes."""
LEND = "kms:CreateGrant"
"""Services hold the key by a grant of whoever asks them to work; to AWS's own only."""
PUBLISHERS = ("budgets.amazonaws.com", "cloudwatch.amazonaws.com")
EVENTS = "events.amazonaws.com"
"""Services that publish to the environment's encrypted topic."""
DELIVERY = "delivery.logs.amazonaws.com"
"""The service that delivers the log of an encrypted pipeline."""

CLOUDTRAIL = "cloudtrail.amazonaws.com"
CONFIG = "config.amazonaws.com"

INDEXING = "indexing.s3vectors.amazonaws.com"
"""The service that keeps indexes of vectors in order."""


Layer = Literal["all", "lake", "registry", "logs", "secrets"]
"""What a key is for.

lake       objects, disks of jobs and endpoints
registry   images
logs       logs, trails, what Config records, alerts, executions of pipelines
secrets    what waits for a person, with the token that lets it go on
all        each of these
"""

FOR: dict[Layer, str] = {
    "all": "Data, logs and topics of",
    "lake": "Data of",
    "registry": "Images of",
    "logs": "Logs, trails and alerts of",
    "secrets": "What waits for a person in",
}


@dataclass(frozen=True, kw_only=True)
class EncryptionArgs:
    """What a team may say about its key."""

    layer: Layer = "all"
    """What it is for: its policy lets in no service that another layer needs. Left out: everything."""

    rotation_days: int = 365
    """Days between rotations, 90 to 2560. Left out: a year."""
    deletion_days: int | None = None
    """Days in which a deleted key can still be saved, 7 to 30. Left out: 7 under `standard`, 30 under `regulated`."""
    vectors: bool = False
    """Whether S3 Vectors may read what is encrypted with it, to keep indexes in order. Left out: it may not."""
    trail: bool = False
    """Whether a trail of this environment encrypts its log files with it. Left out: it does not."""
    config: bool = False
    """Whether AWS Config encrypts what it records with it. Left out: it does not."""
    readers: Sequence[ReaderRef] = ()
    """Roles of other environments that may decrypt what they read through S3. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``key``, ``alias``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class EncryptionNodes:
    key: Key | None
    """None under `sandbox`."""
    alias: Alias | None


class Encryption(Component):
    """The environment's key. Under `sandbox` there is none: ``ref`` is None, and services use keys that cost
    nothing."""

    Nodes = EncryptionNodes
    reach = (Reach(actions=(*USE, LEND), on=("key/*",)),)

    def __init__(
        self, place: Named, args: EncryptionArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or EncryptionArgs()
        super().__init__(place, args.transforms, opts)
        key = self._create_key(args) if self.site.profile != "sandbox" else None
        alias = self._create_alias(key) if key else None

        self.nodes: EncryptionNodes | None = EncryptionNodes(key=key, alias=alias)
        self._offer(KeyRef(arn=key.arn) if key else None, args.layer)

    @classmethod
    def adopt(
        cls, place: Named, *, key_arn: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> Encryption:
        """A key that exists. Its policy is its owner's business: it must let this account's roles use it."""
        self = cls.__new__(cls)
        Component.__init__(self, place, None, opts)
        self.nodes = None
        self.site.ceiling.adopt((*USE, LEND), key_arn)
        self._offer(KeyRef(arn=key_arn))
        return self

    def grant_use(self, role: Role) -> None:
        """Let a role encrypt and decrypt, and let services hold the key for it while its job runs. Nothing under
        `sandbox`."""
        if self.ref is None:
            return
        role.grant(
            self.allow("use", USE, (self.ref.arn,)),
            self.allow("lend", (LEND,), (self.ref.arn,), TO_AWS),
        )

    def _offer(self, ref: KeyRef | None, layer: Layer = "all") -> None:
        self.ref = ref
        if ref:
            self.site.people.encrypt(self.site, ref.arn, layer)
        self.key_arn = ref.arn if ref else None
        self.register_outputs({"key_arn": self.key_arn})

    def _create_key(self, args: EncryptionArgs) -> Key:
        regulated = self.site.profile == "regulated"
        props = {
            "description": f"{FOR[args.layer]} {self.site.stack}",
            "enable_key_rotation": True,
            "rotation_period_in_days": args.rotation_days,
            "deletion_window_in_days": args.deletion_days or (30 if regulated else 7),
            "policy": render(policy(self._statements(args))),
        }
        return self.make("key", Key, props)

    def _create_alias(self, key: Key) -> Alias:
        return self.make("alias", Alias, {"target_key_id": key.key_id}, called=self.place.name)

    def _statements(self, args: EncryptionArgs) -> list[dict[str, Any]]:
        own = [self._administer(), *self._ours(args.layer)]
        vectors = [self._index()] if args.vectors else []
        trail = self._trail() if args.trail else []
        config = [self._config()] if args.config else []
        shared = [self._share(number, reader) for number, reader in enumerate(args.readers, 1)]
        return [*own, *vectors, *trail, *config, *shared]

    def _ours(self, layer: Layer) -> list[dict[str, Any]]:
        """ECR holds its key by a grant of whoever makes the repository, and what waits lies in SQS."""
        if layer == "registry":
            return [self._lend()]
        if layer == "secrets":
            through = {"StringEquals": {"kms:ViaService": f"sqs.{self.site.region}.amazonaws.com"}}
            return [_allow("AccountUses", self._root(), USE, through)]
        lends = [] if layer == "logs" else [self._lend()]
        return [self._use(), *lends, *([] if layer == "lake" else self._services())]

    def _share(self, number: int, reader: ReaderRef) -> dict[str, Any]:
        """One role of another environment, by S3 and for what S3 lets it read. The account is the principal, because
        KMS refuses a policy that names a role which does not exist yet."""
        account, role = reader.arns(self.site.partition)
        only = {
            "ArnEquals": {"aws:PrincipalArn": role},
            "StringEquals": {"kms:ViaService": f"s3.{self.site.region}.amazonaws.com"},
        }
        return _allow(f"Promote{number}Decrypts", {"AWS": account}, ("kms:Decrypt",), only)

    def _root(self) -> dict[str, Any]:
        return {"AWS": self.site.arn("iam", "root", region=False)}

    # In a key policy `Resource: *` means this key and nothing else.

    def _administer(self) -> dict[str, Any]:
        """The account's administrators, by their own IAM policies; without this the key could never be changed
        again. Who makes a repository that is encrypted with it lends it to ECR and takes it back (RetireGrant):
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"""
        return _allow("AccountAdministers", self._root(), ADMINISTER)

    def _use(self) -> dict[str, Any]:
        """The account's roles, each by a grant of its own."""
        return _allow("AccountUses", self._root(), USE)

    def _lend(self) -> dict[str, Any]:
        """Services that hold the key for as long as a volume or an endpoint needs it."""
        return _allow("AccountLends", self._root(), (LEND,), TO_AWS)

    def _index(self) -> dict[str, Any]:
        """S3 Vectors keeps an index in order while nobody asks; without this none can be made with the key:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-data-encryption.html"""
        ours = {
            "StringEquals": {"aws:SourceAccount": self.site.account_id},
            "ArnLike": {"aws:SourceArn": self.site.arn("s3vectors", "bucket/*")},
        }
        return _allow("VectorsIndex", {"Service": INDEXING}, ("kms:Decrypt",), ours)

    def _trail(self) -> list[dict[str, Any]]:
        """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html"""
        trails = self.site.arn("cloudtrail", f"trail/{self.site.stack}-*")
        writes = {"ArnLike": {"aws:SourceArn": trails, "kms:EncryptionContext:aws:cloudtrail:arn": trails}}
        looks = {"ArnLike": {"aws:SourceArn": trails}}
        return [
            _allow("TrailEncrypts", {"Service": CLOUDTRAIL}, ("kms:GenerateDataKey",), writes),
            _allow("TrailLooks", {"Service": CLOUDTRAIL}, ("kms:DescribeKey",), looks),
        ]

    def _config(self) -> dict[str, Any]:
        """AWS's role for recorders has no right to a key, so Config asks as itself:
        https://docs.aws.amazon.com/config/latest/developerguide/s3-kms-key-policy.html"""
        ours = {"StringEquals": {"aws:SourceAccount": self.site.account_id}}
        return _allow("ConfigEncrypts", {"Service": CONFIG}, PASSING, ours)

    def _services(self) -> list[dict[str, Any]]:
        """Services of AWS, each bound to this account by what it sends along."""
        site, context = self.site, "kms:EncryptionContext"
        ours = {"StringEquals": {"aws:SourceAccount": site.account_id}}
        groups = {"ArnLike": {f"{context}:aws:logs:arn": site.arn("logs", "log-group:*")}}
        delivered = {"StringEquals": {f"{context}:SourceArn": site.arn("logs", "*")}}
        logs = {"Service": f"logs.{site.region}.amazonaws.com"}
        return [
            _allow("LogsUse", logs, IN_CONTEXT, groups),
            _allow("DeliveryUses", {"Service": DELIVERY}, PASSING, delivered),
            _allow("PublishersUse", {"Service": [*PUBLISHERS, EVENTS]}, PASSING, ours),
        ]


def _allow(
    sid: str, principal: dict[str, Any], actions: tuple[str, ...], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": sorted(actions)}
    return {**statement, "Resource": "*", **({"Condition": condition} if condition else {})}
