"""Images in ECR and the grants to pull them."""

from __future__ import annotations

import pytest

from mlops_iac.components._kit.images import pull, repository_arn
from mlops_iac.core.errors import BlueprintError
from tests.components.world import site

SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn"

OWNER = site().named("jobs")


@pytest.mark.parametrize(
    ("image", "arn"),
    [
        (f"{SKLEARN}:1.4-2-cpu-py3", "arn:aws:ecr:us-east-1:683313688378:repository/sagemaker-scikit-learn"),
        (f"{SKLEARN}@sha256:00ff", "arn:aws:ecr:us-east-1:683313688378:repository/sagemaker-scikit-learn"),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/train:1",
            "arn:aws-cn:ecr:cn-north-1:123456789012:repository/team/train",
        ),
        (
            "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/train",
            "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/train",
        ),
    ],
)
def test_an_image_tells_its_repository(image: str, arn: str) -> None:
    assert repository_arn(image) == arn


@pytest.mark.parametrize("image", ["python:3.11", "docker.io/library/python", "", "1234.dkr.ecr.x.amazonaws.com/a"])
def test_an_image_elsewhere_is_refused(image: str) -> None:
    with pytest.raises(BlueprintError, match="Not an image in ECR"):
        repository_arn(image)


def test_two_tags_of_one_repository_are_one_resource() -> None:
    grants = pull(OWNER, [f"{SKLEARN}:1", f"{SKLEARN}:2"])
    assert [grant.resources for grant in grants if grant.sid == "JobsImages"] == [
        ("arn:aws:ecr:us-east-1:683313688378:repository/sagemaker-scikit-learn",)
    ]


def test_no_images_no_grants() -> None:
    assert pull(OWNER, []) == []
