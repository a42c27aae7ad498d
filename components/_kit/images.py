"""Container images in ECR, and the grants to pull them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlops_iac.components._kit.grants import Grant
from mlops_iac.components._kit.reach import Reach
from mlops_iac.components._kit.site import Named
from mlops_iac.core.errors import BlueprintError

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_URI = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?P<cn>\.cn)?/(?P<repository>[a-z0-9][a-z0-9._/-]*)"
    r"(?:[:@].+)?$"
)


def repository_arn(image: str) -> str:
    """The ARN of an image's repository. Raises BlueprintError for what is no URI of an image in ECR."""
    match = _URI.match(image)
    if match is None:
        detail = f"`{image}` is not <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>."
        raise BlueprintError("Not an image in ECR.", detail, hint="copy the image to the environment's own repository.")
    region = match["region"]
    partition = "aws-cn" if match["cn"] else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:ecr:{region}:{match['account']}:repository/{match['repository']}"


REACH = (
    Reach(actions=PULL, on=("arn:{partition}:ecr:{region}:*:repository/*",)),
    Reach(actions=("ecr:GetAuthorizationToken",)),
)
"""Of a component whose roles pull images: AWS's own lie in accounts of AWS."""


def pull(owner: Named, images: Sequence[str]) -> list[Grant]:
    """Pull these images and no others; nothing when there are none."""
    if not images:
        return []
    repositories = tuple(sorted({repository_arn(image) for image in images}))
    return [Grant(owner=owner.name, what="images", actions=PULL, resources=repositories), token(owner)]


def token(owner: Named) -> Grant:
    """Log in to ECR, which every pull begins with."""
    return Grant(owner=owner.name, what="images token", actions=("ecr:GetAuthorizationToken",), resources=("*",))
