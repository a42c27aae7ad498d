"""Pipelines on the orchestrator that the team chose, with the rights to what their steps use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pulumi

from mlops_iac.blueprints.parts.definition import definition
from mlops_iac.blueprints.parts.external import bound
from mlops_iac.blueprints.parts.flow_rights import (
    ASKS_TABLES,
    ASKS_WAREHOUSE,
    DEPLOYS,
    GRANTS,
    RUNS_JOBS,
    USES_FEATURES,
    Use,
    let_run,
)
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.layers import Layers
from mlops_iac.components.approvals import Approvals, ApprovalsArgs
from mlops_iac.components.orchestrator.orchestrator import (
    OrchestratorArgs,
    Own,
    SharedArgs,
    make_orchestrator,
    make_shared,
)
from mlops_iac.components.registry.model_cards import ModelCards, ModelCardsArgs
from mlops_iac.pipelines.compile.bindings import Tracking
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import (
    STEP_KINDS,
    ApprovalStep,
    JobStep,
    MapStep,
    NotifyStep,
    QueryStep,
    RegisterStep,
    Step,
)
from mlops_iac.pipelines.steps.featured import FeaturedStep

CODE = "code/"
"""Where packed code lies in the lake, with what the team says of its model."""

OWN_NAMES = frozenset({"training"})
"""Pipelines of blueprints, which are called like the component that runs them."""


def _component(pipeline: str) -> str:
    """A team may call its pipeline like any component: `lake`, `alerts`."""
    return pipeline if pipeline in OWN_NAMES else f"pipeline-{pipeline}"


def make_flows(
    layers: Layers, target: str, pipelines: Sequence[Pipeline], tracking: Tracking = "none"
) -> tuple[Flow, ...]:
    foundation = layers.foundation
    approvals, cards = _approvals(foundation, pipelines), _cards(foundation, pipelines)
    if layers.signing and cards:
        layers.signing.grant_sign(cards.role)
    shared = make_shared(
        target,
        foundation.site.named("pipelines"),
        SharedArgs(network=foundation.network, key=foundation.log_key, boundary=foundation.boundary),
    )
    return tuple(Flow(layers, target, one, tracking, approvals, cards, shared) for one in pipelines)


def _approvals(foundation: Foundation, pipelines: Sequence[Pipeline]) -> Approvals | None:
    """One queue for all questions; none where no pipeline asks a person."""
    if not any(map(_asks, pipelines)):
        return None
    return Approvals(foundation.site.named("approvals"), ApprovalsArgs(key=foundation.secret_key))


def _cards(foundation: Foundation, pipelines: Sequence[Pipeline]) -> ModelCards | None:
    """One writer for all cards; none where no pipeline registers a model."""
    if not any(map(_registers, pipelines)):
        return None
    cards = ModelCards(
        foundation.site.named("cards"), ModelCardsArgs(key=foundation.log_key, boundary=foundation.boundary)
    )
    foundation.lake.grant_read(cards.role, "models", CODE)
    foundation.lake.grant_write(cards.role, "models")
    foundation.lake.grant_lock(cards.role, "models")
    return cards


def _registers(pipeline: Pipeline) -> bool:
    return any(isinstance(step, RegisterStep) for step in pipeline.steps)


def _asks(pipeline: Pipeline) -> bool:
    return any(isinstance(step, ApprovalStep) for step in pipeline.steps)


class Flow:
    """One pipeline: its document is compiled for the target and deployed, and may do what its steps do."""

    def __init__(
        self,
        layers: Layers,
        target: str,
        pipeline: Pipeline,
        tracking: Tracking,
        approvals: Approvals | None,
        cards: ModelCards | None,
        shared: Any,
    ) -> None:
        self.layers, self.pipeline, self.uses = layers, pipeline, frozenset(_uses(pipeline))
        self.cards = cards if RegisterStep.kind in self.uses else None
        self.approvals = approvals if _asks(pipeline) else None
        foundation, jobs, serve = layers.foundation, layers.jobs, layers.serve
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
                scaled={"main": serve.scaling.ref} if serve.scaling else {},
                queues=layers.queues.queues if layers.queues else {},
                vector_stores=layers.vectors.bound if layers.vectors else {},
                warehouses={"warehouse": layers.warehouse.ref} if layers.warehouse else {},
                spark={"main": layers.spark.ref} if layers.spark else {},
                cards=self.cards.ref if self.cards else None,
                signing=layers.signing.ref if layers.signing else None,
                approvals=self.approvals.ref if self.approvals else None,
                features_arn=layers.features.worker_arn if layers.features else None,
                watcher_arn=layers.monitor.watcher_arn if layers.monitor else None,
                alerts=foundation.alerts.ref,
                alerts_key_arn=foundation.log_key.arn if foundation.log_key else None,
                framework=jobs.framework,
                server=serve.server,
                tracking=tracking,
                external=bound(foundation.options),
            )

        self.orchestrator = make_orchestrator(
            target,
            foundation.site.named(_component(pipeline.name)),
            OrchestratorArgs(
                definition=document,
                pipeline=pipeline.name,
                shared=shared,
                key=foundation.log_key,
                boundary=foundation.boundary,
                maps=MapStep.kind in self.uses,
                deploys=not self.uses.isdisjoint(DEPLOYS),
                tells=NotifyStep.kind in self.uses,
                queries=not self.uses.isdisjoint({ASKS_TABLES, ASKS_WAREHOUSE}),
            ),
        )
        self.role, self.ref = self.orchestrator.role, self.orchestrator.ref
        let_run(self)
        for use, grant in GRANTS:
            if use in self.uses:
                grant(self)


def _uses(pipeline: Pipeline) -> Iterator[Use]:
    for step in pipeline.steps:
        yield step.kind
        if isinstance(step, FeaturedStep):
            yield USES_FEATURES
        if _has_job(step):
            yield RUNS_JOBS
        yield from ((bind.kind, bind.changes) for bind in step.binds())


def _has_job(step: Step) -> bool:
    """Whether it is a job of SageMaker; what a kind from another package starts is not known."""
    if type(step) not in STEP_KINDS:
        return True
    if isinstance(step, QueryStep):
        return bool(step.system)
    return isinstance(step, JobStep) and getattr(step, "compute", "sagemaker") == "sagemaker"
