"""MLflow, managed by SageMaker: an app without machines of its own, whose artifacts lie in the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from pulumi_aws.sagemaker import MlflowApp

from mlops_iac.components._kit import BoundaryRef, Component, Grant, LakeRef, Named, Reach
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role

__all__ = ["Mlflow", "MlflowArgs", "MlflowNodes"]

# Idle cost: nothing. SageMaker's serverless MLflow apps are free; artifacts are billed as objects of the lake.

ARTIFACTS: Final = "models/mlflow/"
"""Where artifacts lie in the lake."""

CALL = ("sagemaker:CallMlflowAppApi",)

OPEN = "sagemaker:CreatePresignedMlflowAppUrl"


@dataclass(frozen=True, kw_only=True)
class MlflowArgs:
    """What a team may say about its MLflow."""

    lake: LakeRef
    grants: Sequence[Grant] = ()
    """What the app's role may do with artifacts. Left out: the lake's owner grants it later (``lake.grant_write``)."""
    boundary: BoundaryRef | None = None
    """Boundary of the app's role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `MlflowNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class MlflowNodes:
    app: MlflowApp
    role: Role


class Mlflow(Component):
    """Experiments, runs and metrics of one environment."""

    Nodes = MlflowNodes
    reach = (Reach(actions=CALL, on=("mlflow-app/*",)),)

    def __init__(self, place: Named, args: MlflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        self.role = make_role(
            self,
            "role",
            services=("sagemaker.amazonaws.com",),
            description="Reads and writes the artifacts of MLflow",
            grants=args.grants,
            boundary=args.boundary,
        )
        props: dict[str, Any] = {"artifact_store_uri": args.lake.uri(ARTIFACTS), "role_arn": self.role.role_arn}
        # SageMaker tries the role's rights on the bucket when the app is made, so its policy must be there first.
        app = self.make("app", MlflowApp, props, called=place.name, depends_on=[self.role])

        self.nodes = MlflowNodes(app=app, role=self.role)
        self.site.people.adopt("scientist", (*CALL, OPEN), app.arn)
        self.app_arn: pulumi.Output[str] = app.arn
        self.register_outputs({"app_arn": app.arn})

    def grant_log(self, role: Role) -> None:
        """Let a role make requests of MLflow's API: reading and writing are one right."""
        role.grant(self.allow("log", CALL, (self.app_arn,)))
