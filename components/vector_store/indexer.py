"""What fills a vector store: one function, which `index` steps call with the vectors that a run made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.lambda_ import Function

from mlops_iac.components._kit import BoundaryRef, Component, EndpointRef, Grant, KeyRef, Named, Reach
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role

__all__ = ["VectorIndexer", "VectorIndexerArgs", "VectorIndexerNodes"]

# Idle cost: nothing. A call costs 0.000017 $ a second.

SOURCE: Final = Path(__file__).with_name("index_function.py")
SECONDS: Final = 900
"""Lambda's own limit. S3 Vectors takes up to 2,500 vectors a second."""

INVOKE = ("lambda:InvokeFunction",)
FIND = ("sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel")


@dataclass(frozen=True, kw_only=True)
class VectorIndexerArgs:
    """What is filled, and for whom."""

    endpoint: EndpointRef
    """Whose model answers questions: the vectors that it goes by stay."""
    grants: Sequence[Grant] = ()
    """What the function may read and write. Left out: its owners grant it later (``store.grant_write``)."""
    key: KeyRef | None = None
    """Encrypts the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `VectorIndexerNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class VectorIndexerNodes:
    function: Function
    role: Role
    log: LogGroup


class VectorIndexer(Component):
    """The function that puts vectors into one store, asks it a run's questions, and takes old vectors out."""

    Nodes = VectorIndexerNodes
    reach = (
        Reach(actions=INVOKE, on=("function:{stack}-*",)),
        Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),
        Reach(actions=FIND),
    )

    def __init__(self, place: Named, args: VectorIndexerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        log = make_function_log(self, "function", args.key)
        self.role = self._create_role(args)
        function = self._create_function(log)

        self.nodes = VectorIndexerNodes(function=function, role=self.role, log=log)
        self.function_arn: pulumi.Output[str] = function.arn
        self.register_outputs({"function_arn": function.arn})

    def grant_index(self, role: Role) -> None:
        """Let a role (an orchestrator's) have vectors put into the store."""
        role.grant(self.allow("index", INVOKE, (self.function_arn,)))

    def _create_role(self, args: VectorIndexerArgs) -> Role:
        stack = self.site.stack
        endpoint = pulumi.Output.concat(self.site.arn("sagemaker", "endpoint/"), args.endpoint.name)
        others = [self.site.arn("sagemaker", f"{kind}/{stack}-*") for kind in ("endpoint-config", "model")]
        return make_function_role(
            self,
            "function",
            description="Puts vectors into a store, and takes old ones out",
            grants=[self.allow("find", FIND, (endpoint, *others)), *args.grants],
            boundary=args.boundary,
        )

    def _create_function(self, log: LogGroup) -> Function:
        props: dict[str, Any] = {
            "description": "Puts the vectors of a run into a store, and asks it the run's questions",
            "code": pack(SOURCE),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 1024,
        }
        return self.make("function", Function, props, depends_on=[self.role, log])
