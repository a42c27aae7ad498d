"""The bill of materials of network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.network.options import NetworkOptions
from mlops_iac.blueprints.parts.without_pipelines import WithoutPipelines

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment
    from mlops_iac.pipelines.pipeline import Pipeline


class SharedNetwork(WithoutPipelines):
    """A VPC with its endpoints, and a key, which environments of teams adopt."""

    name: ClassVar[str] = "network"
    summary: ClassVar[str] = "One network and one key for many teams: an account has five networks a region at first."
    about: ClassVar[About] = About(
        use_for="a platform team whose account holds more than four environments",
        not_for="teams that must not reach each other's jobs: those keep networks of their own",
        orchestrator="no pipelines",
        compute="EC2's VPCs and KMS",
    )
    Options: ClassVar[type[NetworkOptions]] = NetworkOptions
    layers: ClassVar[tuple[str, ...]] = ("network", "encryption", "identity")
    why_no_pipelines: ClassVar[str] = "A network runs nothing; the environments in it do."

    def build(
        self, site: Site, stack: StackConfig, options: NetworkOptions, pipelines: Sequence[Pipeline]
    ) -> Environment:
        """Make the resources. Called inside a Pulumi program."""
        from mlops_iac.blueprints.network.build import build

        return build(site, options)
