"""Amazon MWAA runs pipelines: a DAG file for each, in the environment that the stack has for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pulumi
from pulumi_aws.s3 import BucketObjectv2

from mlops_iac.components._kit import Component, Metric, Named, PipelineRef, RunEvents
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role
from mlops_iac.components.orchestrator.airflow_environment import NAMESPACES, SOURCE, START, Airflow, AirflowArgs
from mlops_iac.components.orchestrator.orchestrator import Orchestrator, OrchestratorArgs, SharedArgs
from mlops_iac.core.strict_json import read_json

__all__ = ["AirflowDag", "AirflowDagArgs", "AirflowDagNodes", "orchestrate", "share"]

# Idle cost: a DAG nothing; the environment that runs it, and its endpoints, are billed by the hour.

TARGET: Final = "airflow"
ENDPOINTS: Final = (
    "airflow.api", "airflow.env", "airflow.ops", "ecr.api", "ecr.dkr", "events", "kms", "lambda", "logs",
    "monitoring", "sagemaker.api", "sns", "sqs",
)  # fmt: skip
"""Interface endpoints that an environment needs in a network without a way out, and what its tasks call.
https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-create-access.html"""
ENDPOINTS_FOR: Final = {
    "catalogues": ("athena",),
    "queues": ("batch",),
    "spark": ("emr-serverless",),
    "warehouses": ("redshift-data",),
}
"""What they call besides, by the kind of thing that the steps of a pipeline bind."""


@dataclass(frozen=True, kw_only=True)
class AirflowDagArgs:
    """One pipeline in an environment."""

    airflow: Airflow
    """The environment that runs it."""
    name: str
    """Of the pipeline, which is the DAG's id."""
    document: pulumi.Input[str]
    """The compiled document: JSON with the file's ``source``."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `AirflowDagNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class AirflowDagNodes:
    file: BucketObjectv2


class AirflowDag(Component):
    """One pipeline as a DAG file in the bucket of its environment."""

    Nodes = AirflowDagNodes
    notifies = False
    reads_items = False
    looks_at_data = True

    def __init__(self, place: Named, args: AirflowDagArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        self._airflow = args.airflow
        source = pulumi.Output.from_input(args.document).apply(lambda text: str(read_json(text)["source"]))
        file = args.airflow.put(self, "file", f"{args.name}.py", source)
        self.nodes = AirflowDagNodes(file=file)
        self.role = self.deploy_role = self.tell_role = self.query_role = args.airflow.role
        self.handle = pulumi.Output.concat(args.airflow.environment_name, "/", args.name)
        self.ref = _ref(args.name, self.handle)
        self.register_outputs({"handle": self.handle})

    def grant_start(self, role: Role) -> None:
        """Let a role start runs: Airflow's own roles are of the environment, and know no single DAG."""
        role.grant(self.allow("start", START, (self._airflow.user_arn,)))

    def grant_look(self, role: Role) -> None:
        """Let a role see which runs are under way: the same right."""
        self.grant_start(role)


def _ref(name: str, handle: pulumi.Output[str]) -> PipelineRef:
    """MWAA tells nobody how a DAG's run ended; the DAG does, by the helper beside it (``tell``)."""

    def metric(outcome: str) -> Metric:
        return Metric(namespace=NAMESPACES[-1], name=f"Runs{outcome}", dimensions={"Dag": handle})

    return PipelineRef(
        target=TARGET,
        name=name,
        handle=handle,
        failed=metric("Failed"),
        outcomes=tuple(map(metric, ("Succeeded", "Failed"))),
        untold=RunEvents(
            source=SOURCE,
            detail_type="Airflow DAG Run",
            handle="dag",
            run="run",
            status="state",
            statuses=("failed",),
            succeeded="success",
        ),
    )


def share(place: Named, args: SharedArgs) -> Airflow:
    """What the pipelines of a stack have in common: their environment."""
    return Airflow(place, AirflowArgs(network=args.network, key=args.key, boundary=args.boundary))


def orchestrate(place: Named, args: OrchestratorArgs) -> Orchestrator:
    return AirflowDag(place, AirflowDagArgs(airflow=args.shared, name=args.pipeline, document=args.definition({})))
