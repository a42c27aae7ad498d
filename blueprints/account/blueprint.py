"""The bill of materials of account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.account.options import AccountOptions
from mlops_iac.blueprints.parts.without_pipelines import WithoutPipelines

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment
    from mlops_iac.pipelines.pipeline import Pipeline


class Account(WithoutPipelines):
    """State bucket, secrets key, identity providers and roles for CI."""

    name: ClassVar[str] = "account"
    summary: ClassVar[str] = "Once per AWS account: a bucket for states, a key for secrets, roles for CI without keys."
    about: ClassVar[About] = About(
        use_for="a platform team, once for each account, before the first environment",
        not_for="a team: its environment needs another blueprint, in an account that has this one",
        orchestrator="no pipelines",
        compute="IAM, S3 and KMS",
    )
    Options: ClassVar[type[AccountOptions]] = AccountOptions
    layers: ClassVar[tuple[str, ...]] = ("encryption", "state", "identity")
    why_no_pipelines: ClassVar[str] = "An account runs nothing; the environments in it do."

    def build(
        self, site: Site, stack: StackConfig, options: AccountOptions, pipelines: Sequence[Pipeline]
    ) -> Environment:
        """Make the resources. Called inside a Pulumi program."""
        from mlops_iac.blueprints.account.build import build

        return build(site, stack, options)
