"""What answers questions: one function, which lets the model make a vector of a question and asks the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.lambda_ import Function

from mlops_iac.components._kit import BoundaryRef, Component, EndpointRef, Grant, KeyRef, Named, Reach, VectorStoreRef
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role

__all__ = ["Retriever", "RetrieverArgs", "RetrieverNodes"]

# Idle cost: nothing. A question costs a thousandth of a cent, and what the endpoint and the store ask for it.

SOURCE: Final = Path(__file__).with_name("retrieve_function.py")
SECONDS: Final = 60

INVOKE = ("lambda:InvokeFunction",)


@dataclass(frozen=True, kw_only=True)
class RetrieverArgs:
    """Who makes vectors of questions, and where the answers are."""

    store: VectorStoreRef
    endpoint: EndpointRef
    guardrail_id: pulumi.Input[str] = ""
    """Applied to each question, and to each chunk before it is shown. Left out: none is."""
    grants: Sequence[Grant] = ()
    """What the function may do. Left out: its owners grant it later (``store.grant_read``, and the endpoint's)."""
    key: KeyRef | None = None
    """Encrypts the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `RetrieverNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class RetrieverNodes:
    function: Function
    role: Role
    log: LogGroup


class Retriever(Component):
    """The retrieval API of one environment: whoever may invoke the function may ask."""

    Nodes = RetrieverNodes
    reach = (
        Reach(actions=INVOKE, on=("function:{stack}-*",)),
        Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),
    )

    def __init__(self, place: Named, args: RetrieverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        log = make_function_log(self, "function", args.key)
        self.role = self._create_role(args)
        function = self._create_function(log, args)

        self.nodes = RetrieverNodes(function=function, role=self.role, log=log)
        self.function_arn: pulumi.Output[str] = function.arn
        self.function_name: pulumi.Output[str] = function.name
        self.register_outputs({"function_arn": function.arn})

    def grant_ask(self, role: Role) -> None:
        """Let a role ask questions."""
        role.grant(self.allow("ask", INVOKE, (self.function_arn,)))

    def _create_role(self, args: RetrieverArgs) -> Role:
        says = "Answers questions from a vector store"
        return make_function_role(self, "function", description=says, grants=args.grants, boundary=args.boundary)

    def _create_function(self, log: LogGroup, args: RetrieverArgs) -> Function:
        variables: Mapping[str, pulumi.Input[str]] = {
            "INDEX_ARN": args.store.index_arn,
            "ENDPOINT": args.endpoint.name,
            **({"GUARDRAIL": args.guardrail_id} if args.guardrail_id != "" else {}),
        }
        props: dict[str, Any] = {
            "description": "Finds the chunks of documents that answer a question",
            "code": pack(SOURCE),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 256,
            "environment": {"variables": variables},
        }
        return self.make("function", Function, props, depends_on=[self.role, log])
