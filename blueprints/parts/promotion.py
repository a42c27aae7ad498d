"""Models that go from one environment to another: who may read whose archives.

Both sides say so. The sender's bucket and key let one role of the receiver read archives of models (`readers`); the
receiver's jobs are granted to read them (`let_fetch`). Names follow from stack, account and region, so that neither
side must exist before the other.
"""

from __future__ import annotations

from typing import Any

import pulumi

from mlops_iac.blueprints.parts.promotion_options import Promotion, PromotionOptions, account_of, stack_of
from mlops_iac.components._kit import Grant, Named, naming
from mlops_iac.components._kit.refs import ReaderRef
from mlops_iac.components._kit.site import Site
from mlops_iac.components.data_lake.access import DECRYPT, MODELS, shared_objects
from mlops_iac.components.identity import Role
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import ConfigError

BUCKET, ROLE = "aws:s3/bucket:Bucket", "aws:iam/role:Role"
FETCH = ("s3:GetObject",)
LIST = ("s3:ListBucket",)


def asked(options: Any) -> Promotion:
    return options.promotion if isinstance(options, PromotionOptions) else Promotion()


def told(options: Promotion) -> dict[str, tuple[str, ...]] | None:
    """As the environment's contract has it."""
    sides = {"from": options.sources, "to": options.receivers}
    return {word: partners for word, partners in sides.items() if partners} or None


def check(stack: StackConfig, options: Promotion) -> None:
    """Raise ConfigError, at its line, for an environment that would promote to itself."""
    for name, partners in (("from", options.sources), ("to", options.receivers)):
        if stack.stack in map(stack_of, partners):
            detail = f"`{stack.stack}` is this stack; its models are here already."
            hint = "name another one, or leave it out."
            path = f"options.promotion.{name}"
            raise ConfigError.of([stack.problem(path, "A stack cannot promote to itself.", detail, hint)])


def readers(site: Site, options: Promotion) -> tuple[ReaderRef, ...]:
    """The roles that may read archives of models here."""
    return tuple(
        ReaderRef(stack=stack_of(one), account_id=_account(site, one), role_name=_job_role(stack_of(one)))
        for one in options.receivers
    )


def outside(site: Site, options: Promotion) -> list[pulumi.Output[str]]:
    """Buckets of other accounts, and what is read of them."""
    buckets = [_lake(site, stack_of(one), account_of(one)) for one in options.sources if account_of(one)]
    return [arn for bucket in buckets for arn in (bucket, *shared_objects(bucket))]


def let_fetch(site: Site, options: Promotion, role: Role) -> None:
    """Let the jobs' role read archives of models of each sender, and decrypt them through S3.

    A key's ARN is random, so the grant is on the sender's keys where S3 uses them for that bucket: its encryption
    context is the bucket with a bucket key, and the object without.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    for one in options.sources:
        place, stack, account = Named(site, "promotion"), stack_of(one), _account(site, one)
        bucket = _lake(site, stack, account)
        keys = pulumi.Output.concat(f"arn:{site.partition}:kms:{site.region}:", account, ":key/*")
        site.ceiling.adopt((*FETCH, *LIST), bucket)
        site.ceiling.adopt(DECRYPT, keys)
        context = {
            "StringEquals": {"kms:ViaService": f"s3.{site.region}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, *shared_objects(bucket)]},
        }
        below = {"StringLike": {"s3:prefix": f"{MODELS}*"}}
        role.grant(
            _grant(place, f"fetch {stack}", FETCH, shared_objects(bucket)),
            _grant(place, f"list {stack}", LIST, (bucket,), below),
            _grant(place, f"decrypt {stack}", DECRYPT, (keys,), context),
        )


def _grant(place: Named, what: str, actions: tuple[str, ...], resources: Any, conditions: Any = None) -> Grant:
    return Grant(owner=place.name, what=what, actions=actions, resources=resources, conditions=conditions or {})


def _account(site: Site, partner: str) -> pulumi.Input[str]:
    return account_of(partner) or site.account_id


def _job_role(stack: str) -> str:
    """What an environment's compute calls the role of its jobs."""
    return naming.physical_name(ROLE, stack=stack, logical="compute-job-role")


def _lake(site: Site, stack: str, account: pulumi.Input[str]) -> pulumi.Output[str]:
    """The ARN of what an environment's lake calls its bucket."""
    name = pulumi.Output.from_input(account).apply(
        lambda known: naming.physical_name(
            BUCKET, stack=stack, logical="lake", suffix=naming.short_hash(known, site.region, stack)
        )
    )
    return pulumi.Output.concat(f"arn:{site.partition}:s3:::", name)
