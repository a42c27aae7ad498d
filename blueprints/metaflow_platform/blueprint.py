"""The bill of materials of metaflow-platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.metaflow_platform.options import MetaflowPlatformOptions
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.metaflow.flow import REASON

if TYPE_CHECKING:
    from mlops_iac.blueprints import Compiled
    from mlops_iac.components._kit.site import Site
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment
    from mlops_iac.pipelines.pipeline import Pipeline


class MetaflowPlatform:
    """Data lake with a datastore, queues, and what Metaflow needs to deploy and run a team's own flows."""

    name: ClassVar[str] = "metaflow-platform"
    summary: ClassVar[str] = "Run your own Metaflow flows: by hand, by schedule, on queues that scale to zero."
    about: ClassVar[About] = About(
        use_for="a team that writes Metaflow flows and wants them to run by schedule, on queues, under roles",
        not_for="a team without flows yet: our own pipelines bring gate and registry with them (tabular-batch)",
        orchestrator="Metaflow on Step Functions",
        compute="Batch queues",
        example="digits",
    )
    Options: ClassVar[type[MetaflowPlatformOptions]] = MetaflowPlatformOptions
    layers: ClassVar[tuple[str, ...]] = (
        "network",
        "encryption",
        "identity",
        "data_lake",
        "compute",
        "registry",
        "orchestrator",
        "monitoring",
    )

    why_no_pipelines: ClassVar[str] = f"{REASON[0].upper()}{REASON[1:]}."

    def pipelines(self, options: MetaflowPlatformOptions) -> tuple[Pipeline, ...]:
        """None of ours: the flows are the team's."""
        return ()

    def compile(self, stack: StackConfig, options: MetaflowPlatformOptions, pipeline: Pipeline) -> Compiled:
        hint = f"write it as a flow, and name its file under `options.flows`; or leave `{pipeline.name}` out."
        raise PipelineError("A pipeline of steps cannot be here.", f"`{pipeline.name}`: {REASON}.", hint=hint)

    def build(
        self, site: Site, stack: StackConfig, options: MetaflowPlatformOptions, pipelines: Sequence[Pipeline]
    ) -> Environment:
        """Make the resources. Called inside a Pulumi program. Raises ConfigError for a flow that cannot be deployed."""
        from mlops_iac.blueprints.metaflow_platform.build import build

        for pipeline in pipelines:
            self.compile(stack, options, pipeline)
        return build(site, stack, options)
