"""What tabular-batch is made of: parts, and wires."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_iac.blueprints.parts.flow import make_flows
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.jobs import Jobs
from mlops_iac.blueprints.parts.monitor import make_monitor
from mlops_iac.blueprints.parts.queues import endpoints, make_queues
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.blueprints.parts.training_environment import tell, watch
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions
from mlops_iac.components._kit.site import Site
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.environment import Environment
from mlops_iac.pipelines.pipeline import Pipeline


def build(site: Site, stack: StackConfig, options: TabularBatchOptions, pipelines: Sequence[Pipeline]) -> Environment:
    """Make the environment: a line for each thing that a team gets."""
    foundation = Foundation(site, stack, options, endpoints=endpoints(options, options.orchestrator))
    jobs = Jobs(foundation, options, pipelines)
    serve = Serve(foundation, options, jobs.framework)
    queues = make_queues(foundation, options, jobs.framework)
    monitor = make_monitor(foundation, options, serve, pipelines)
    flows = make_flows(foundation, options.orchestrator, pipelines, jobs, serve, queues, monitor=monitor)
    monitoring = watch(foundation, options, flows, serve)
    return tell(
        foundation, options, jobs=jobs, serve=serve, flows=flows, monitoring=monitoring, monitor=monitor, queues=queues
    )
