"""How a client finds the environment without this tool: its client profile as an SSM parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pulumi
from pulumi_aws.ssm.parameter import Parameter

from mlops_iac.components._kit import Component, Named, Reach, render
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role

__all__ = ["Catalogue", "CatalogueArgs", "CatalogueNodes"]

# Idle cost: nothing. Standard parameters are free.

READ = ("ssm:GetParameter",)


@dataclass(frozen=True, kw_only=True)
class CatalogueArgs:
    """What clients are told."""

    profile: Mapping[str, pulumi.Input[str]]
    """Environment variables of a client: names and addresses, never secrets. At most 4 KB together."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``parameter``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class CatalogueNodes:
    parameter: Parameter


class Catalogue(Component):
    """The environment's client profile."""

    Nodes = CatalogueNodes
    reach = (Reach(actions=READ),)
    people: ClassVar[Declared] = {"viewer": (Reach(actions=READ),)}

    def __init__(self, place: Named, args: CatalogueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        props = {
            "type": "String",
            "description": f"What a client of {self.site.stack} needs to know",
            # Pulumi treats `value` as a secret; nothing here is one, and a preview should show it.
            "insecure_value": render(dict(args.profile)),
        }
        parameter = self.make("parameter", Parameter, props, called=place.name)

        self.nodes = CatalogueNodes(parameter=parameter)
        self.parameter_name: pulumi.Output[str] = parameter.name
        self.parameter_arn: pulumi.Output[str] = parameter.arn
        self.register_outputs({"parameter_name": parameter.name})

    def grant_read(self, role: Role) -> None:
        """Let a role read the profile."""
        role.grant(self.allow("read", READ, (self.parameter_arn,)))
