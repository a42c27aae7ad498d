"""What a pipeline may do, and why: the rights that what it uses takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mlops_iac.components.data_lake.access import RESULTS
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
    TuneStep,
)
from mlops_iac.pipelines.steps.query import LAKE

if TYPE_CHECKING:
    from mlops_iac.blueprints.parts.flow import Flow

Use = str | tuple[str, bool]
"""A kind of step, or a kind of thing that steps bind and whether they change it."""


def let_run(flow: Flow) -> None:
    """Read what steps found out, and tell the team where the document does that itself."""
    flow.layers.foundation.lake.grant_read(flow.role, *(() if flow.orchestrator.looks_at_data else ("models",)))
    if flow.orchestrator.notifies:
        flow.layers.foundation.alerts.grant_publish(flow.role)


def let_run_jobs(flow: Flow) -> None:
    flow.layers.jobs.compute.grant_run(flow.role)


def let_publish(flow: Flow) -> None:
    flow.layers.serve.registry.grant_publish(flow.role)
    if flow.cards:
        flow.cards.grant_write(flow.role)


def let_deploy(flow: Flow) -> None:
    flow.layers.serve.registry.grant_read(flow.orchestrator.deploy_role)
    flow.layers.serve.endpoint.grant_deploy(flow.orchestrator.deploy_role)
    if flow.layers.serve.scaling:
        flow.layers.serve.scaling.grant_deploy(flow.orchestrator.deploy_role)
    let_verify(flow)


def let_verify(flow: Flow) -> None:
    if flow.layers.signing:
        flow.layers.signing.grant_verify(flow.role)


def let_ask(flow: Flow) -> None:
    if flow.approvals:
        flow.approvals.grant_ask(flow.role)


def let_tune(flow: Flow) -> None:
    flow.layers.jobs.compute.grant_tune(flow.role)


def let_transform(flow: Flow) -> None:
    """The model is a version of the registry: whoever finds it, makes a model of it, or runs that, reads it there."""
    flow.layers.jobs.compute.grant_transform(flow.role)
    for role in (flow.role, flow.orchestrator.deploy_role, flow.layers.jobs.compute.role):
        flow.layers.serve.registry.grant_read(role)
    let_verify(flow)


def let_submit(flow: Flow) -> None:
    if flow.layers.queues:
        flow.layers.queues.grant_submit(flow.role)


def let_read_items(flow: Flow) -> None:
    maps = [step for step in flow.pipeline.steps if isinstance(step, MapStep)]
    if flow.orchestrator.reads_items:
        zones = sorted({zone for step in maps for zone in _zone(flow.pipeline, step)})
        flow.layers.foundation.lake.grant_read(flow.role, *zones)


def let_watch(flow: Flow) -> None:
    if flow.layers.monitor:
        flow.layers.monitor.grant_watch(flow.role)


def let_index(flow: Flow) -> None:
    if flow.layers.vectors:
        flow.layers.vectors.indexer.grant_index(flow.role)


def let_use_features(flow: Flow) -> None:
    if flow.layers.features:
        flow.layers.features.grant_call(flow.role)


def let_query(flow: Flow) -> None:
    """Athena reads tables, and writes answers and its own results, in the role of who asks."""
    lake = flow.layers.foundation.lake
    written = {step.rows.zone for step in flow.pipeline.steps if isinstance(step, QueryStep) and step.source == LAKE}
    role = flow.orchestrator.query_role
    lake.grant_query(role)
    lake.grant_read(role)
    lake.grant_write(role, RESULTS, *sorted(written))


def let_ask_warehouse(flow: Flow) -> None:
    """It reads and writes the lake in its own role, so that who asks needs no right to that."""
    if flow.layers.warehouse:
        flow.layers.warehouse.grant_query(flow.orchestrator.query_role)


def let_run_spark(flow: Flow) -> None:
    if flow.layers.spark:
        flow.layers.spark.grant_run(flow.role)


def let_tell(flow: Flow) -> None:
    """An orchestrator whose document tells the team itself may do that, and reads evaluations, already."""
    if not flow.orchestrator.notifies:
        flow.layers.foundation.alerts.grant_publish(flow.orchestrator.tell_role)
        flow.layers.foundation.lake.grant_read(flow.orchestrator.tell_role, "models")


PUBLISHES, DEPLOYS_TO, FINDS, SUBMITS, ASKS_TABLES, ASKS_WAREHOUSE, INDEXES, RUNS_SPARK = (
    ("registries", True),
    ("endpoints", True),
    ("registries", False),
    ("queues", True),
    ("catalogues", False),
    ("warehouses", False),
    ("vector_stores", True),
    ("spark", True),
)

RUNS_JOBS, USES_FEATURES = "jobs", "features"

DEPLOYS: frozenset[Use] = frozenset({DEPLOYS_TO, FINDS})
"""What takes the orchestrator's own function, where it has one."""

GRANTS: tuple[tuple[Use, Callable[[Flow], None]], ...] = (
    (RUNS_JOBS, let_run_jobs),
    (PUBLISHES, let_publish),
    (DEPLOYS_TO, let_deploy),
    (ApprovalStep.kind, let_ask),
    (TuneStep.kind, let_tune),
    (BatchTransformStep.kind, let_transform),
    (SUBMITS, let_submit),
    (MapStep.kind, let_read_items),
    (MonitorStep.kind, let_watch),
    (NotifyStep.kind, let_tell),
    (ASKS_TABLES, let_query),
    (ASKS_WAREHOUSE, let_ask_warehouse),
    (INDEXES, let_index),
    (RUNS_SPARK, let_run_spark),
    (USES_FEATURES, let_use_features),
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
