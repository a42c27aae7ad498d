"""Pipelines on the orchestrator that the team chose, with the rights to what their steps use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pulumi

from mlops_iac.blueprints.parts.definition import definition
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.jobs import Jobs
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.components.approvals import Approvals, ApprovalsArgs
from mlops_iac.components.data_lake.access import RESULTS
from mlops_iac.components.orchestrator.orchestrator import (
    OrchestratorArgs,
    Own,
    SharedArgs,
    make_orchestrator,
    make_shared,
)
from mlops_iac.components.registry.model_cards import ModelCards, ModelCardsArgs
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromParameter, FromStep
from mlops_iac.pipelines.steps import (
    ApprovalStep,
    BatchTransformStep,
    MapStep,
    MonitorStep,
    NotifyStep,
    Output,
    QueryStep,
    RegisterStep,
    TuneStep,
)

if TYPE_CHECKING:
    from mlops_iac.components.compute.batch import BatchCompute
    from mlops_iac.components.monitoring.drift import DriftMonitor

CODE = "code/"
"""Where packed code lies in the lake, with what the team says of its model."""

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
    monitor: DriftMonitor | None = None,
) -> tuple[Flow, ...]:
    approvals, cards = _approvals(foundation, pipelines), _cards(foundation, pipelines)
    shared = make_shared(
        target,
        foundation.site.named("pipelines"),
        SharedArgs(network=foundation.network, key=foundation.key, boundary=foundation.boundary),
    )
    return tuple(
        Flow(foundation, target, pipeline, jobs, serve, queues, approvals, cards, monitor, shared)
        for pipeline in pipelines
    )


def _approvals(foundation: Foundation, pipelines: Sequence[Pipeline]) -> Approvals | None:
    """One queue for all questions; none where no pipeline asks a person."""
    if not any(map(_asks, pipelines)):
        return None
    return Approvals(foundation.site.named("approvals"), ApprovalsArgs(key=foundation.key))


def _cards(foundation: Foundation, pipelines: Sequence[Pipeline]) -> ModelCards | None:
    """One writer for all cards; none where no pipeline registers a model."""
    if not any(map(_registers, pipelines)):
        return None
    cards = ModelCards(foundation.site.named("cards"), ModelCardsArgs(key=foundation.key, boundary=foundation.boundary))
    foundation.lake.grant_read(cards.role, "models", CODE)
    foundation.lake.grant_write(cards.role, "models")
    return cards


def _registers(pipeline: Pipeline) -> bool:
    return any(isinstance(step, RegisterStep) for step in pipeline.steps)


def _asks(pipeline: Pipeline) -> bool:
    return any(isinstance(step, ApprovalStep) for step in pipeline.steps)


class Flow:
    """One pipeline: its document is compiled for the target and deployed, and may do what its steps do."""

    def __init__(
        self,
        foundation: Foundation,
        target: str,
        pipeline: Pipeline,
        jobs: Jobs,
        serve: Serve,
        queues: BatchCompute | None = None,
        approvals: Approvals | None = None,
        cards: ModelCards | None = None,
        monitor: DriftMonitor | None = None,
        shared: Any = None,
    ) -> None:
        self.pipeline, self.uses = pipeline, frozenset(_uses(pipeline))
        self.foundation, self.jobs, self.serve, self.queues = foundation, jobs, serve, queues
        self.cards = cards if RegisterStep.kind in self.uses else None
        self.monitor = monitor
        self.approvals = approvals if _asks(pipeline) else None
        for caution in (one for step in pipeline.steps for one in step.cautions()):
            pulumi.log.warn(caution)

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
                cards=self.cards.ref if self.cards else None,
                approvals=self.approvals.ref if self.approvals else None,
                watcher_arn=monitor.watcher_arn if monitor else None,
                alerts=foundation.alerts.ref,
                alerts_key_arn=foundation.encryption.key_arn,
                framework=jobs.framework,
            )

        self.orchestrator = make_orchestrator(
            target,
            foundation.site.named(_component(pipeline.name)),
            OrchestratorArgs(
                definition=document,
                pipeline=pipeline.name,
                shared=shared,
                key=foundation.key,
                boundary=foundation.boundary,
                maps=MapStep.kind in self.uses,
                deploys=not self.uses.isdisjoint(DEPLOYS),
            ),
        )
        self.role, self.ref = self.orchestrator.role, self.orchestrator.ref
        let_run(self)
        for use, grant in GRANTS:
            if use in self.uses:
                grant(self)


Use = str | tuple[str, bool]
"""A kind of step, or a kind of thing that steps bind and whether they change it."""


def _uses(pipeline: Pipeline) -> Iterator[Use]:
    for step in pipeline.steps:
        yield step.kind
        yield from ((bind.kind, bind.changes) for bind in step.binds())


# What a pipeline may do, and why -----------------------------------------------------------------------------------


def let_run(flow: Flow) -> None:
    """Start jobs, read what they found out, and tell the team where the document does that itself."""
    flow.foundation.lake.grant_read(flow.role, *(() if flow.orchestrator.looks_at_data else ("models",)))
    flow.jobs.compute.grant_run(flow.role)
    if flow.orchestrator.notifies:
        flow.foundation.alerts.grant_publish(flow.role)


def let_publish(flow: Flow) -> None:
    flow.serve.registry.grant_publish(flow.role)
    if flow.cards:
        flow.cards.grant_write(flow.role)


def let_deploy(flow: Flow) -> None:
    flow.serve.registry.grant_read(flow.orchestrator.deploy_role)
    flow.serve.endpoint.grant_deploy(flow.orchestrator.deploy_role)


def let_ask(flow: Flow) -> None:
    if flow.approvals:
        flow.approvals.grant_ask(flow.role)


def let_tune(flow: Flow) -> None:
    flow.jobs.compute.grant_tune(flow.role)


def let_transform(flow: Flow) -> None:
    """The model is a version of the registry: whoever finds it, makes a model of it, or runs that, reads it there."""
    flow.jobs.compute.grant_transform(flow.role)
    for role in (flow.role, flow.orchestrator.deploy_role, flow.jobs.compute.role):
        flow.serve.registry.grant_read(role)


def let_notify(flow: Flow) -> None:
    flow.foundation.alerts.grant_publish(flow.role)


def let_submit(flow: Flow) -> None:
    if flow.queues:
        flow.queues.grant_submit(flow.role)


def let_read_items(flow: Flow) -> None:
    maps = [step for step in flow.pipeline.steps if isinstance(step, MapStep)]
    if flow.orchestrator.reads_items:
        zones = sorted({zone for step in maps for zone in _zone(flow.pipeline, step)})
        flow.foundation.lake.grant_read(flow.role, *zones)


def let_watch(flow: Flow) -> None:
    if flow.monitor:
        flow.monitor.grant_watch(flow.role)


def let_query(flow: Flow) -> None:
    """Athena reads tables, and writes answers and its own results, in the role of who asks."""
    lake = flow.foundation.lake
    written = {step.rows.zone for step in flow.pipeline.steps if isinstance(step, QueryStep)}
    lake.grant_query(flow.role)
    lake.grant_read(flow.role)
    lake.grant_write(flow.role, RESULTS, *sorted(written))


PUBLISHES, DEPLOYS_TO, FINDS, SUBMITS, ASKS_TABLES = (
    ("registries", True),
    ("endpoints", True),
    ("registries", False),
    ("queues", True),
    ("catalogues", False),
)

DEPLOYS: frozenset[Use] = frozenset({DEPLOYS_TO, FINDS})
"""What takes the orchestrator's own function, where it has one."""

GRANTS: tuple[tuple[Use, Callable[[Flow], None]], ...] = (
    (PUBLISHES, let_publish),
    (DEPLOYS_TO, let_deploy),
    (ApprovalStep.kind, let_ask),
    (TuneStep.kind, let_tune),
    (BatchTransformStep.kind, let_transform),
    (NotifyStep.kind, let_notify),
    (SUBMITS, let_submit),
    (MapStep.kind, let_read_items),
    (MonitorStep.kind, let_watch),
    (ASKS_TABLES, let_query),
)
"""What is used, and the rights that it takes."""


def _zone(pipeline: Pipeline, step: MapStep) -> Iterator[str]:
    """Where a map's list lies: nowhere in the lake when the list is written out."""
    if isinstance(step.items, FromParameter):
        yield "raw"
    elif isinstance(step.items, FromStep):
        made = pipeline.get_step(step.items.step).makes()[step.items.output]
        if isinstance(made, Output):
            yield made.zone
