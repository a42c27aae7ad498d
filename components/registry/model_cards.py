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
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.pipelines import hyperparameters

__all__ = ["ModelCards", "ModelCardsArgs", "ModelCardsNodes"]

# Idle cost: nothing. A call takes a second, and costs a thousandth of a cent.

SOURCE: Final = Path(__file__).with_name("card_function.py")
PARAMETERS: Final = Path(str(hyperparameters.__file__))
RUNTIME: Final = "python3.12"
SECONDS: Final = 60

INVOKE = ("lambda:InvokeFunction",)
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")


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
        log = make_log_group(self, "writer_log", args.key, name=f"/aws/lambda/{self._writer}")
        self.role = self._create_role(args)
        writer = self._create_writer(log)

        self.nodes = ModelCardsNodes(writer=writer, writer_role=self.role, writer_log=log)
        self.ref = CardsRef(writer_arn=writer.arn)
        self.register_outputs({"writer_arn": writer.arn})

    def grant_write(self, role: Role) -> None:
        """Let a role ask for cards."""
        role.grant(self.allow("write", INVOKE, (self.nodes.writer.arn,)))

    @property
    def _writer(self) -> str:
        return self.physical(Function.pulumi_type, "writer")

    def _create_role(self, args: ModelCardsArgs) -> Role:
        logs = self.site.arn("logs", f"log-group:/aws/lambda/{self._writer}:*")
        return make_role(
            self,
            "writer_role",
            services=("lambda.amazonaws.com",),
            description="Writes the cards of models",
            grants=[self.allow("log", LOG, (logs,)), *args.grants],
            boundary=args.boundary,
            # Lambda does not say for whose function it assumes a role.
            source_account=False,
        )

    def _create_writer(self, log: LogGroup) -> Function:
        code = {path.name: pulumi.StringAsset(path.read_text(encoding="utf-8")) for path in (SOURCE, PARAMETERS)}
        props: dict[str, Any] = {
            "description": "Writes the card of a model that a run registers",
            "code": pulumi.AssetArchive({**code}),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 256,
        }
        return self.make("writer", Function, props, depends_on=[self.role, log])
