"""What every environment that trains and serves is made of: a line for each thing that a team gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlops_iac.blueprints.parts import spark_options, warehouse_options
from mlops_iac.blueprints.parts.api_options import ApiOptions
from mlops_iac.blueprints.parts.audit_options import AuditOptions
from mlops_iac.blueprints.parts.features_options import FeaturesOptions
from mlops_iac.blueprints.parts.flow import Flow, make_flows
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.jobs import Jobs
from mlops_iac.blueprints.parts.layers import Layers
from mlops_iac.blueprints.parts.monitor import make_monitor
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.blueprints.parts.objectives_options import SloOptions
from mlops_iac.blueprints.parts.queue_options import QueueOptions
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.blueprints.parts.studio_options import StudioOptions
from mlops_iac.blueprints.parts.training_environment import tell, watch
from mlops_iac.blueprints.parts.vector_options import VectorOptions
from mlops_iac.components._kit.site import Site
from mlops_iac.components.orchestrator.orchestrator import endpoints_of
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.environment import NOTEBOOKS, Environment, Service
from mlops_iac.pipelines.pipeline import Pipeline

if TYPE_CHECKING:
    from mlops_iac.blueprints.parts.vectors import Vectors
    from mlops_iac.components.api.rest import Api
    from mlops_iac.components.compute.batch import BatchCompute
    from mlops_iac.components.config_rules import ConfigRules
    from mlops_iac.components.feature_store import FeatureStore
    from mlops_iac.components.monitoring.drift import DriftMonitor
    from mlops_iac.components.monitoring.objectives import Objectives
    from mlops_iac.components.registry.signing import ModelSigning
    from mlops_iac.components.spark import Spark
    from mlops_iac.components.trail import Trail
    from mlops_iac.components.warehouse import Warehouse


def build(
    site: Site,
    stack: StackConfig,
    options: Any,
    pipelines: Sequence[Pipeline],
    *,
    signs: bool = False,
    two_person: bool = False,
) -> Environment:
    """Make the environment. A layer is there when the blueprint's ``options`` speak of it and the team asked for it;
    ``signs`` models, and has ``two_person`` approvals, what the blueprint says so of."""
    uses = {bind.kind for pipeline in pipelines for step in pipeline.steps for bind in step.binds()}
    foundation = Foundation(
        site,
        stack,
        options,
        endpoints=(*endpoints_of(options.orchestrator, uses), *_endpoints(site, options)),
        machines=isinstance(options, QueueOptions) and bool(options.batch.pools),
        vectors=isinstance(options, VectorOptions),
    )
    trail = _trail(foundation, options)
    jobs = Jobs(foundation, options, pipelines)
    serve = Serve(foundation, options, jobs.framework)
    layers = Layers(
        foundation=foundation,
        jobs=jobs,
        serve=serve,
        trail=trail,
        rules=_rules(foundation, options),
        api=_api(foundation, options, serve),
        queues=_queues(foundation, options, jobs),
        signing=_signing(foundation, serve) if signs else None,
        monitor=_monitor(foundation, options, serve, pipelines),
        features=_features(foundation, options),
        spark=_spark(foundation, options),
        vectors=_vectors(foundation, options, serve),
        warehouse=_warehouse(foundation, options),
    )
    flows = make_flows(layers, options.orchestrator, pipelines, options.tracking)
    studio = _studio(foundation, options, jobs, flows)
    monitoring = watch(layers, options, flows, _objectives(foundation, options, serve))
    more = {NOTEBOOKS: studio} if studio else None
    return tell(layers, options, flows=flows, monitoring=monitoring, two_person=two_person, more=more)


# Each layer is loaded where it is asked for: a preview pays for no other --------------------------------------------


def _endpoints(site: Site, options: Any) -> Iterator[str]:
    """What the network must let layers reach, besides what every environment does."""
    if isinstance(options, StudioOptions):
        from mlops_iac.blueprints.parts import studio

        yield from studio.endpoints(site, options)
    if spark_options.asked(options):
        from mlops_iac.components.spark.emr_serverless import ENDPOINTS

        yield from ENDPOINTS


def _trail(foundation: Foundation, options: Any) -> Trail | None:
    if not isinstance(options, AuditOptions) or not options.trail.enabled:
        return None
    from mlops_iac.blueprints.parts.audit import make_trail

    return make_trail(foundation, options)


def _rules(foundation: Foundation, options: Any) -> ConfigRules | None:
    if not isinstance(options, AuditOptions) or options.config is None:
        return None
    from mlops_iac.blueprints.parts.audit import make_rules

    return make_rules(foundation, options)


def _api(foundation: Foundation, options: Any, serve: Serve) -> Api | None:
    if not isinstance(options, ApiOptions) or options.api is None:
        return None
    from mlops_iac.blueprints.parts.api import make_api

    return make_api(foundation, options.api, serve)


def _queues(foundation: Foundation, options: Any, jobs: Jobs) -> BatchCompute | None:
    if not isinstance(options, QueueOptions) or not options.batch.pools:
        return None
    from mlops_iac.blueprints.parts.queues import make_queues

    return make_queues(foundation, options.batch.pools, jobs.framework, files=options.files)


def _signing(foundation: Foundation, serve: Serve) -> ModelSigning:
    from mlops_iac.blueprints.parts.signing import make_signing

    return make_signing(foundation, serve)


def _monitor(foundation: Foundation, options: Any, serve: Serve, pipelines: Sequence[Pipeline]) -> DriftMonitor | None:
    return make_monitor(foundation, options, serve, pipelines) if isinstance(options, MonitoringOptions) else None


def _features(foundation: Foundation, options: Any) -> FeatureStore | None:
    if not isinstance(options, FeaturesOptions):
        return None
    from mlops_iac.blueprints.parts.features import make_features

    return make_features(foundation, options)


def _spark(foundation: Foundation, options: Any) -> Spark | None:
    settings = spark_options.asked(options)
    if settings is None:
        return None
    from mlops_iac.blueprints.parts.spark import make_spark

    return make_spark(foundation, settings)


def _warehouse(foundation: Foundation, options: Any) -> Warehouse | None:
    settings = warehouse_options.asked(options)
    if settings is None:
        return None
    from mlops_iac.blueprints.parts.warehouse import make_warehouse

    return make_warehouse(foundation, settings)


def _vectors(foundation: Foundation, options: Any, serve: Serve) -> Vectors | None:
    if not isinstance(options, VectorOptions):
        return None
    from mlops_iac.blueprints.parts.vectors import Vectors

    return Vectors(foundation, options, serve)


def _studio(foundation: Foundation, options: Any, jobs: Jobs, flows: Sequence[Flow]) -> Service | None:
    if not isinstance(options, StudioOptions):
        return None
    from mlops_iac.blueprints.parts.studio import make_studio

    return make_studio(foundation, options, jobs.framework, flows)


def _objectives(foundation: Foundation, options: Any, serve: Serve) -> Objectives | None:
    if not isinstance(options, SloOptions) or options.slo is None:
        return None
    from mlops_iac.blueprints.parts.objectives import make_objectives

    return make_objectives(foundation, options.slo, serve)
