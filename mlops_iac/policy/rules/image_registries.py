"""Only images of registries that are approved run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.jobs import (
    HOLDERS,
    JOB_DEFINITION,
    MODEL,
    STATE_MACHINE,
    images_of,
    machine,
)
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

ALLOWED = ("*.dkr.ecr.*.amazonaws.com/*", "*.dkr.ecr.*.amazonaws.com.cn/*")


class ImageRegistries(Policy):
    name = "image-registries"
    wants = "Images come from a registry that is approved."
    why = "Whoever can push to it runs code with the rights of our jobs."
    severity = Severity.ERROR
    by_profile = {"sandbox": Severity.WARNING}
    types = (*HOLDERS, JOB_DEFINITION, MODEL)
    remedy = "copy the image into a registry that is approved."
    sources = (
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html",
        "ML Lens 2022 MLSEC-08",
    )
    parameters = {"allowed": ALLOWED}
    about_parameters = {"allowed": "Images that may run; `*` stands for anything."}
    breaks = (
        example(JOB_DEFINITION, {"containerProperties": {"image": "docker.io/library/python:3.12"}}),
        example(
            MODEL, {"primaryContainer": {"image": "1.dkr.ecr.eu-west-1.amazonaws.com/a"}}, parameters={"allowed": ()}
        ),
        example(STATE_MACHINE, machine({"AlgorithmSpecification": {"TrainingImage": "ghcr.io/acme/train:1"}})),
    )
    keeps = (example(JOB_DEFINITION, {"containerProperties": {"image": "1.dkr.ecr.eu-west-1.amazonaws.com/a:1"}}),)

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        for image, path in images_of(resource):
            if not any(fnmatchcase(image, one) for one in parameters["allowed"]):
                yield Violation(detail=f"It runs `{image}`.", path=path)
