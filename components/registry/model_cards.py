"""Model cards: one function, which register steps ask for the card of the model that they register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.lambda_ import Function

from mlops_iac.components._kit import BoundaryRef, CardsRef, Component, Grant, KeyRef, Named, Reach
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role
from mlops_iac.core import lake_files, signatures
from mlops_iac.pipelines import hyperparameters

__all__ = ["ModelCards", "ModelCardsArgs", "ModelCardsNodes"]

# Idle cost: nothing. A call takes a second, and costs a thousandth of a cent.

SOURCE: Final = Path(__file__).with_name("card_function.py")
SECONDS: Final = 900
"""It reads the whole archive once, for its digest: some 60 MB a second."""

INVOKE = ("lambda:InvokeFunction",)


@dataclass(frozen=True, kw_only=True)
class ModelCardsArgs:
    """What a team may say about its model cards."""

    grants: Sequence[Grant] = ()
    """What the function may read and write. Left out: its owner grants it later (``lake.grant_read``)."""
    key: KeyRef | None = None
    """Encrypts the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `ModelCardsNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class ModelCardsNodes:
    writer: Function
    writer_role: Role
    writer_log: LogGroup


class ModelCards(Component):
    """The function that writes the cards of one environment's models."""

    Nodes = ModelCardsNodes
    reach = (
        Reach(actions=INVOKE, on=("function:{stack}-*",)),
        Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),
    )

    def __init__(
        self, place: Named, args: ModelCardsArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or ModelCardsArgs()
        super().__init__(place, args.transforms, opts)
        log = make_function_log(self, "writer", args.key)
        self.role = self._create_role(args)
        writer = self._create_writer(log)

        self.nodes = ModelCardsNodes(writer=writer, writer_role=self.role, writer_log=log)
        self.ref = CardsRef(writer_arn=writer.arn)
        self.register_outputs({"writer_arn": writer.arn})

    def grant_write(self, role: Role) -> None:
        """Let a role ask for cards."""
        role.grant(self.allow("write", INVOKE, (self.nodes.writer.arn,)))

    def _create_role(self, args: ModelCardsArgs) -> Role:
        description = "Writes the cards of models"
        return make_function_role(self, "writer", description=description, grants=args.grants, boundary=args.boundary)

    def _create_writer(self, log: LogGroup) -> Function:
        props: dict[str, Any] = {
            "description": "Writes the card of a model that a run registers",
            "code": pack(SOURCE, hyperparameters, lake_files, signatures),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 512,
        }
        return self.make("writer", Function, props, depends_on=[self.role, log])
