"""Environments are built while a team is still looking at its new pipeline, not when its first job starts; but for
those that may be gigabytes, which are fetched for a job and not for a look."""

from __future__ import annotations

import re
from collections.abc import Callable

from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.environments import is_ready, warm
from mlops_iac.cloud.wire import Call
from mlops_iac.core.frameworks import Framework

_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9.-]+/[a-z0-9._/-]+:[A-Za-z0-9._-]+")
"""An ECR image's URI: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html"""


def install(gateway: Gateway, find: Callable[[str], Framework | None]) -> None:
    """Build the environment of each framework image that a deployed pipeline names, in the background. PyTorch's (the
    one with an index of its own) comes with five gigabytes where that index cannot be reached."""

    def warm_images(call: Call) -> None:
        text = call.params.get("definition") or call.params.get("PipelineDefinition") or ""
        for image in set(_IMAGE.findall(text)):
            framework = find(image)
            if framework is not None and not framework.index and not is_ready(framework):
                warm(framework)

    for operation in ("CreateStateMachine", "UpdateStateMachine"):
        gateway.after("stepfunctions", operation, warm_images)
    for operation in ("CreatePipeline", "UpdatePipeline"):
        gateway.after("sagemaker", operation, warm_images)
