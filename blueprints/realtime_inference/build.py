"""What realtime-inference is made of: the parts of tabular-batch but its queues, with an endpoint that is awake."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_iac.blueprints.parts.flow import make_flows
from mlops_iac.blueprints.parts.foundation import Foundation, needed_by
from mlops_iac.blueprints.parts.jobs import Jobs
from mlops_iac.blueprints.parts.monitor import make_monitor
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.blueprints.parts.training_environment import tell, watch
from mlops_iac.blueprints.realtime_inference.options import RealtimeInferenceOptions
from mlops_iac.components._kit.site import Site
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.environment import Environment
from mlops_iac.pipelines.pipeline import Pipeline


def build(
    site: Site, stack: StackConfig, options: RealtimeInferenceOptions, pipelines: Sequence[Pipeline]
) -> Environment:
    """Make the environment: a line for each thing that a team gets."""
    foundation = Foundation(site, stack, options, endpoints=needed_by(options.orchestrator))
    jobs = Jobs(foundation, options, pipelines)
    serve = Serve(foundation, options, jobs.framework)
    monitor = make_monitor(foundation, options, serve, pipelines)
    flows = make_flows(foundation, options.orchestrator, pipelines, jobs, serve, monitor=monitor)
    monitoring = watch(foundation, options, flows, serve)
    return tell(foundation, options, jobs=jobs, serve=serve, flows=flows, monitoring=monitoring, monitor=monitor)
