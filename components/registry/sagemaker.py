"""SageMaker's model registry: one model package group, whose versions wait for approval."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pulumi
from pulumi_aws.sagemaker.model_package_group import ModelPackageGroup

from mlops_iac.components._kit import Component, Named, Reach, RegistryRef
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role

__all__ = ["ModelRegistry", "ModelRegistryArgs", "ModelRegistryNodes"]

# Idle cost: nothing. The registry is free; the models lie in the lake.

READ = (
    "sagemaker:DescribeModelPackage",
    "sagemaker:DescribeModelPackageGroup",
    "sagemaker:ListModelPackages",
    "sagemaker:ListTags",
)
PUBLISH = ("sagemaker:AddTags", "sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage")


@dataclass(frozen=True, kw_only=True)
class ModelRegistryArgs:
    """What a team may say about its registry."""

    description: str = "Models of this environment"
    """For people who browse registries. Left out: a general sentence."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``group``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class ModelRegistryNodes:
    group: ModelPackageGroup


class ModelRegistry(Component):
    """Versions of one model, each with its metrics and its approval."""

    Nodes = ModelRegistryNodes
    reach = (Reach(actions=(*READ, *PUBLISH)),)
    people: ClassVar[Declared] = {
        "viewer": (Reach(actions=READ),),
        "admin": (Reach(actions=("sagemaker:UpdateModelPackage",)),),
    }

    def __init__(
        self, place: Named, args: ModelRegistryArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or ModelRegistryArgs()
        super().__init__(place, args.transforms, opts)
        props = {"model_package_group_description": args.description}
        group = self.make("group", ModelPackageGroup, props, called=place.name)

        self.nodes: ModelRegistryNodes | None = ModelRegistryNodes(group=group)
        self._offer(group.model_package_group_name, group.arn)

    @classmethod
    def adopt(
        cls, place: Named, *, group_name: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> ModelRegistry:
        """A model package group that exists in this account and region."""
        self = cls.__new__(cls)
        Component.__init__(self, place, None, opts)
        self.nodes = None
        arn = pulumi.Output.concat(place.site.arn("sagemaker", "model-package-group/"), group_name)
        self._offer(pulumi.Output.from_input(group_name), arn)
        place.site.ceiling.adopt((*READ, *PUBLISH), self.group_arn)
        place.site.ceiling.adopt((*READ, *PUBLISH), self._versions)
        for level, reaches in cls.people.items():
            for arn in (self.group_arn, self._versions):
                place.site.people.adopt(level, reaches[0].actions, arn)
        return self

    def grant_publish(self, role: Role) -> None:
        """Let a role add versions and change their approval; reading comes with it."""
        role.grant(self.allow("publish", PUBLISH, self._arns()))
        self.grant_read(role)

    def grant_read(self, role: Role) -> None:
        """Let a role list and read versions."""
        role.grant(self.allow("read", READ, self._arns()))

    def _arns(self) -> tuple[pulumi.Output[str], ...]:
        """The group, and its versions, whose ARNs are ``model-package/<group>/<version>``."""
        return self.group_arn, self._versions

    def _offer(self, name: pulumi.Output[str], arn: pulumi.Output[str]) -> None:
        self.ref = RegistryRef(group=name, arn=arn)
        self._versions = pulumi.Output.concat(self.site.arn("sagemaker", "model-package/"), name, "/*")
        self.group_name, self.group_arn = name, arn
        self.register_outputs({"group_name": name, "group_arn": arn})
