"""What acme-letters is made of: the parts of tabular-batch, and a letterbox."""

from __future__ import annotations

from collections.abc import Sequence

from acme_mlops.letter import LetterStep
from acme_mlops.letterbox import Letterbox, LetterboxArgs
from acme_mlops.options import LettersOptions
from mlops_iac.blueprints.parts.flow import make_flows
from mlops_iac.blueprints.parts.foundation import Foundation, needed_by
from mlops_iac.blueprints.parts.jobs import Jobs
from mlops_iac.blueprints.parts.layers import Layers
from mlops_iac.blueprints.parts.monitor import make_monitor
from mlops_iac.blueprints.parts.queues import endpoints, make_queues
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.blueprints.parts.training_environment import tell, watch
from mlops_iac.components._kit.site import Site
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.environment import Environment
from mlops_iac.pipelines.pipeline import Pipeline


def build(site: Site, stack: StackConfig, options: LettersOptions, pipelines: Sequence[Pipeline]) -> Environment:
    """Make the environment: a line for each thing that a team gets."""
    pools = options.batch.pools
    foundation = Foundation(
        site, stack, options, endpoints=needed_by(options.orchestrator, *(endpoints() if pools else ()))
    )
    jobs = Jobs(foundation, options, pipelines)
    serve = Serve(foundation, options, jobs.framework)
    layers = Layers(
        foundation=foundation,
        jobs=jobs,
        serve=serve,
        queues=make_queues(foundation, pools, jobs.framework) if pools else None,
        monitor=make_monitor(foundation, options, serve, pipelines),
    )
    letterbox = Letterbox(site.named("letters"), LetterboxArgs(days=options.letters_kept_days, key=foundation.key))
    flows = make_flows(layers, options.orchestrator, pipelines, options.tracking)
    for flow in flows:
        if LetterStep.kind in flow.uses:
            letterbox.grant_send(flow.role)
    return tell(layers, options, flows=flows, monitoring=watch(layers, options, flows))
