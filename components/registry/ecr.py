"""The team's own container images: an ECR repository that scans what is pushed and never lets a tag move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws.ecr import LifecyclePolicy, Repository

from mlops_iac.components._kit import Component, KeyRef, Named, RepositoryRef, render
from mlops_iac.components._kit.images import PULL, REACH, token
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role

__all__ = ["ImageRepository", "ImageRepositoryArgs", "ImageRepositoryNodes"]

# Idle cost: nothing while empty; 0.10 $ a month for each GB of images.


@dataclass(frozen=True, kw_only=True)
class ImageRepositoryArgs:
    """What a team may say about its images."""

    keep_images: int = 20
    """Newest images to keep, at least 1. Left out: 20."""
    keep_untagged_days: int = 7
    """Days an image without a tag is kept, at least 1. Left out: a week."""
    key: KeyRef | None = None
    """Encrypts the images. Left out: encrypted by ECR itself."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``repository``, ``lifecycle``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class ImageRepositoryNodes:
    repository: Repository
    lifecycle: LifecyclePolicy


class ImageRepository(Component):
    """Where a team pushes the images its jobs and endpoints run."""

    Nodes = ImageRepositoryNodes
    reach = REACH

    def __init__(
        self, place: Named, args: ImageRepositoryArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or ImageRepositoryArgs()
        super().__init__(place, args.transforms, opts)
        repository = self._create_repository(args)
        lifecycle = self._create_lifecycle(repository, args)

        self.nodes = ImageRepositoryNodes(repository=repository, lifecycle=lifecycle)
        self.repository_url: pulumi.Output[str] = repository.repository_url
        self.repository_arn: pulumi.Output[str] = repository.arn
        self.ref = RepositoryRef(url=repository.repository_url, arn=repository.arn)
        self.register_outputs({"repository_url": repository.repository_url, "repository_arn": repository.arn})

    def grant_pull(self, role: Role) -> None:
        """Let a role pull images from this repository."""
        role.grant(self.allow("pull", PULL, (self.repository_arn,)), token(self.place))

    def _create_repository(self, args: ImageRepositoryArgs) -> Repository:
        encryption: dict[str, Any] = {"encryption_type": "AES256"}
        if args.key:
            encryption = {"encryption_type": "KMS", "kms_key": args.key.arn}
        props = {
            "image_tag_mutability": "IMMUTABLE",
            "image_scanning_configuration": {"scan_on_push": True},
            "encryption_configurations": [encryption],
            "force_delete": not self.site.protected,
        }
        return self.make("repository", Repository, props, called=self.place.name)

    def _create_lifecycle(self, repository: Repository, args: ImageRepositoryArgs) -> LifecyclePolicy:
        old = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days"}
        rules = [
            _expire(1, "Images that lost their tag", {**old, "countNumber": args.keep_untagged_days}),
            _expire(
                2,
                "All but the newest images",
                {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": args.keep_images},
            ),
        ]
        props = {"repository": repository.name, "policy": render({"rules": rules})}
        return self.make("lifecycle", LifecyclePolicy, props)


def _expire(priority: int, description: str, selection: dict[str, Any]) -> dict[str, Any]:
    action = {"type": "expire"}
    return {"rulePriority": priority, "description": description, "selection": selection, "action": action}
