"""Jobs on SageMaker: what the steps of a pipeline run on."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_iac.blueprints.parts import base_model, external, promotion
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.run_options import RunOptions
from mlops_iac.blueprints.parts.server import find_server
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.components.compute.sagemaker import SageMakerCompute, SageMakerComputeArgs
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import TuneStep
from mlops_iac.pipelines.steps.container import OWN

Runs = RunOptions | TrainingOptions
"""What says which jobs run."""
READ = ("raw", "curated", "features", "models", "code/")
WRITTEN = ("curated", "features", "models")
"""What jobs read and write of the lake."""


class Jobs:
    """SageMaker jobs that may read the lake and write what they make."""

    def __init__(self, foundation: Foundation, options: Runs, pipelines: Sequence[Pipeline]) -> None:
        self.framework = get_framework(options.framework.name, options.framework.version)
        site = foundation.site
        base_model.check(base_model.asked(options), pipelines)
        external.check_uses(options, pipelines)
        self.compute = SageMakerCompute(site.named("compute"), self._args(foundation, options, pipelines))
        foundation.lake.grant_read(self.compute.role, *READ)
        foundation.lake.grant_write(self.compute.role, *WRITTEN)
        promotion.let_fetch(site, promotion.asked(options), self.compute.role)
        base_model.let_read(site, base_model.asked(options), self.compute.role)
        external.let_use(site, options, pipelines, self.compute.role)
        if any(image.startswith(OWN) for image in _images(pipelines)):
            foundation.images.grant_pull(self.compute.role)

    def _args(self, foundation: Foundation, options: Runs, pipelines: Sequence[Pipeline]) -> SageMakerComputeArgs:
        """Limits are what the steps ask for: no job of this environment may be larger."""
        usual, region = options.usual_instance_type, foundation.site.region
        jobs = [job for pipeline in pipelines for step in pipeline.steps for job in step.jobs()]
        named = _images(pipelines)
        return SageMakerComputeArgs(
            # Transform jobs run in the jobs' role too, with the image that serves.
            images=(
                self.framework.image(region, "training"),
                self.framework.image(region, "serving"),
                *([server.image] if (server := find_server(options, region)) else []),
                *sorted(image for image in named if not image.startswith(OWN)),
            ),
            instance_type=usual,
            allowed_instance_types=tuple(sorted({usual, *(job.instance_type for job in jobs)})),
            max_runtime_seconds=max((job.max_seconds for job in jobs), default=3600),
            tunes=any(isinstance(step, TuneStep) for pipeline in pipelines for step in pipeline.steps),
            network_isolation=foundation.site.isolated,
            reaches=bool(external.used(pipelines)),
            network=foundation.network,
            key=foundation.key,
            boundary=foundation.boundary,
        )


def _images(pipelines: Sequence[Pipeline]) -> set[str]:
    """Images that steps name themselves."""
    return {image for pipeline in pipelines for step in pipeline.steps for image in step.images()}
