"""Pipelines on the orchestrator that the team chose, with the rights to what their steps use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pulumi

from mlops_iac.blueprints.parts.definition import definition
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.jobs import Jobs
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.components.approvals import Approvals, ApprovalsArgs
from mlops_iac.components.data_lake.access import RESULTS
from mlops_iac.components.identity import Role
from mlops_iac.components.orchestrator.orchestrator import OrchestratorArgs, Own, make_orchestrator
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromParameter, FromStep
from mlops_iac.pipelines.steps import ApprovalStep, BatchTransformStep, MapStep, Output, QueryStep, TuneStep

if TYPE_CHECKING:
    from mlops_iac.components.compute.batch import BatchCompute

OWN_NAMES = frozenset({"training"})
"""Pipelines of blueprints, which are called like the component that runs them."""


def _component(pipeline: str) -> str:
    """A team may call its pipeline like any component: `lake`, `alerts`."""
    return pipeline if pipeline in OWN_NAMES else f"pipeline-{pipeline}"


def make_flows(
    foundation: Foundation,
    target: str,
    pipelines: Sequence[Pipeline],
    jobs: Jobs,
    serve: Serve,
    queues: BatchCompute | None = None,
) -> tuple[Flow, ...]:
    approvals = _approvals(foundation, pipelines)
    return tuple(Flow(foundation, target, pipeline, jobs, serve, queues, approvals) for pipeline in pipelines)


def _approvals(foundation: Foundation, pipelines: Sequence[Pipeline]) -> Approvals | None:
    """One queue for all questions; none where no pipeline asks a person."""
    if not any(map(_asks, pipelines)):
        return None
    return Approvals(foundation.site.named("approvals"), ApprovalsArgs(key=foundation.key))


def _asks(pipeline: Pipeline) -> bool:
    return any(isinstance(step, ApprovalStep) for step in pipeline.steps)


class Flow:
    """One pipeline: its document is compiled for the target and deployed."""

    def __init__(
        self,
        foundation: Foundation,
        target: str,
        pipeline: Pipeline,
        jobs: Jobs,
        serve: Serve,
        queues: BatchCompute | None = None,
        approvals: Approvals | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.approvals = approvals if _asks(pipeline) else None

        def document(own: Own) -> pulumi.Output[str]:
            return definition(
                pipeline,
                foundation.site,
                target=target,
                own=own,
                lake=foundation.lake.ref,
                repository_url=foundation.images.repository_url,
                jobs=jobs.compute.ref,
                registries={"main": serve.registry.ref},
                endpoints={"main": serve.endpoint.ref},
                queues=queues.queues if queues else {},
                approvals=self.approvals.ref if self.approvals else None,
                alerts=foundation.alerts.ref,
                alerts_key_arn=foundation.encryption.key_arn,
                framework=jobs.framework,
            )

        maps = [step for step in pipeline.steps if isinstance(step, MapStep)]
        flow = make_orchestrator(
            target,
            foundation.site.named(_component(pipeline.name)),
            OrchestratorArgs(definition=document, key=foundation.key, boundary=foundation.boundary, maps=bool(maps)),
        )
        self.orchestrator, self.ref = flow, flow.ref

        foundation.lake.grant_read(flow.role, "models")
        jobs.compute.grant_run(flow.role)
        binds = [bind for step in pipeline.steps for bind in step.binds()]
        changed = {bind.kind for bind in binds if bind.changes}
        if "registries" in changed:
            serve.registry.grant_publish(flow.role)
        if "endpoints" in changed:
            serve.registry.grant_read(flow.deploy_role)
            serve.endpoint.grant_deploy(flow.deploy_role)
        if self.approvals:
            self.approvals.grant_ask(flow.role)
        if any(isinstance(step, TuneStep) for step in pipeline.steps):
            jobs.compute.grant_tune(flow.role)
        if any(isinstance(step, BatchTransformStep) for step in pipeline.steps):
            jobs.compute.grant_transform(flow.role)
            for role in (flow.role, flow.deploy_role, jobs.compute.role):
                serve.registry.grant_read(role)
        if queues and any(bind.kind == "queues" for bind in binds):
            queues.grant_submit(flow.role)
        if flow.reads_items:
            foundation.lake.grant_read(flow.role, *sorted({zone for step in maps for zone in _zone(pipeline, step)}))
        if any(bind.kind == "catalogues" for bind in binds):
            self._let_query(flow.role, foundation, pipeline)
        if flow.notifies:
            foundation.alerts.grant_publish(flow.role)

    @staticmethod
    def _let_query(role: Role, foundation: Foundation, pipeline: Pipeline) -> None:
        """Athena reads tables, and writes answers and its own results, in the role of who asks."""
        lake = foundation.lake
        written = {step.rows.zone for step in pipeline.steps if isinstance(step, QueryStep)}
        lake.grant_query(role)
        lake.grant_read(role)
        lake.grant_write(role, RESULTS, *sorted(written))


def _zone(pipeline: Pipeline, step: MapStep) -> Iterator[str]:
    """Where a map's list lies: nowhere in the lake when the list is written out."""
    if isinstance(step.items, FromParameter):
        yield "raw"
    elif isinstance(step.items, FromStep):
        made = pipeline.get_step(step.items.step).makes()[step.items.output]
        if isinstance(made, Output):
            yield made.zone
