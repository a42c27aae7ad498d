"""Only machines that are approved are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.jobs import (
    HOLDERS,
    STATE_MACHINE,
    jobs_of,
    machine,
)
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
COMPUTE = "aws:batch/computeEnvironment:ComputeEnvironment"
NODES = "aws:eks/nodeGroup:NodeGroup"


class InstanceTypes(Policy):
    name = "instance-types"
    wants = "Machines are of a type that is approved."
    why = "One machine of the largest type costs more in a night than a team in a month."
    severity = Severity.ERROR
    types = (*HOLDERS, NOTEBOOK, CONFIGURATION, COMPUTE, NODES)
    remedy = "choose another type, or ask who owns the list."
    sources = (
        "https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/cost_govern_usage_controls.html",
    )
    parameters = {"allowed": ("*",)}
    about_parameters = {"allowed": "Types that may be asked for, as `ml.m5.*`; `*` is any."}
    breaks = (
        example(NOTEBOOK, {"instanceType": "ml.p5.48xlarge"}, parameters={"allowed": ("ml.t3.*",)}),
        example(COMPUTE, {"computeResources": {"instanceTypes": ["m5", "p5"]}}, parameters={"allowed": ("m5*",)}),
        example(
            STATE_MACHINE,
            machine({"ResourceConfig": {"InstanceType": "ml.p5.48xlarge"}}),
            parameters={"allowed": ("ml.m5.*",)},
        ),
    )
    keeps = (
        example(NOTEBOOK, {"instanceType": "ml.p5.48xlarge"}),
        example(COMPUTE, {"computeResources": {"instanceTypes": ["m5"]}}, parameters={"allowed": ("m5*",)}),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        for kind, path in _kinds(resource):
            if not any(fnmatchcase(kind, one) for one in parameters["allowed"]):
                yield Violation(detail=f"It asks for `{kind}`.", path=path)


def _kinds(resource: Resource) -> Iterator[tuple[str, str]]:
    for path in ("instanceType", "instanceTypes", "computeResources.instanceTypes"):
        value = resource.get(path)
        yield from ((one, path) for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
    for row in resource.rows("productionVariants"):
        if isinstance(row.get("instanceType"), str):
            yield row["instanceType"], "productionVariants"
    for job in jobs_of(resource):
        kind = job.cluster.get("InstanceType")
        if isinstance(kind, str):
            yield kind, job.path
