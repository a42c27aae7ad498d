"""Nothing is deployed that was not measured or looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import STACK, Resource, World

GATES = ("approval", "gate")
STEPS = ({"name": "train", "kind": "training"}, {"name": "deploy", "kind": "deploy"})


class PipelineGate(Policy):
    name = "pipeline-gate"
    wants = "A pipeline that deploys has a gate or an approval before it."
    why = "A model that is worse than the last one would be in service tonight."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (STACK,)
    remedy = "add a gate or an approval before the deploy step."
    setting = "options.gate"
    sources = ("https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps.html", "ML Lens 2022 MLSEC-08")
    breaks = (example(STACK, {}, outputs={"pipelines": {"training": {"steps": list(STEPS)}}}),)
    keeps = (
        example(
            STACK,
            {},
            outputs={"pipelines": {"training": {"steps": [STEPS[0], {"name": "good", "kind": "gate"}, STEPS[1]]}}},
        ),
        example(STACK, {}, outputs={"pipelines": {"training": {"steps": [STEPS[0]]}}}),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        pipelines = world.outputs.get("pipelines")
        for name, pipeline in pipelines.items() if isinstance(pipelines, Mapping) else ():
            steps = pipeline.get("steps") if isinstance(pipeline, Mapping) else None
            kinds = (
                [one.get("kind") for one in steps if isinstance(one, Mapping)]
                if isinstance(steps, list | tuple)
                else []
            )
            if "deploy" in kinds and not any(kind in GATES for kind in kinds[: kinds.index("deploy")]):
                yield Violation(detail=f"Pipeline `{name}` deploys whatever it trained.")
