"""Where models and images are kept."""

from __future__ import annotations

import json

from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.components.registry.ecr import ImageRepository, ImageRepositoryArgs
from mlops_iac.components.registry.sagemaker import ModelRegistry
from tests.components.world import run, site


def test_images_are_scanned_and_their_tags_never_move() -> None:
    made = run(lambda: ImageRepository(site().named("images"), ImageRepositoryArgs(keep_images=3)))
    repository = made.get("images-repository").inputs
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    rules = made.get("images-lifecycle").document("policy")["rules"]
    assert rules[1]["selection"] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}


def test_publishing_is_allowed_on_this_group_and_its_versions() -> None:
    def program() -> None:
        role = Role(site().named("flow"), RoleArgs(services=("states.amazonaws.com",), description="x"))
        ModelRegistry(site().named("models")).grant_publish(role)

    statements = {s["Sid"]: s for s in run(program).get("flow-policy").document("policy")["Statement"]}
    arn = "arn:aws:sagemaker:eu-west-1:123456789012"
    assert statements["ModelsPublish"]["Resource"] == [
        f"{arn}:model-package-group/screening-dev-models",
        f"{arn}:model-package/screening-dev-models/*",
    ]


def test_an_adopted_group_keeps_its_name() -> None:
    def program() -> None:
        role = Role(site().named("flow"), RoleArgs(services=("states.amazonaws.com",), description="x"))
        ModelRegistry.adopt(site().named("models"), group_name="theirs").grant_read(role)

    made = run(program)
    assert not made.of("aws:sagemaker/modelPackageGroup:ModelPackageGroup")
    assert "model-package-group/theirs" in json.dumps(made.get("flow-policy").inputs)
