"""A pipeline on the orchestrator that the team chose, with the rights to what its steps use."""

from __future__ import annotations

import pulumi

from mlops_iac.blueprints.parts.definition import definition
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.jobs import Jobs
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.components.orchestrator.orchestrator import OrchestratorArgs, Own, make_orchestrator
from mlops_iac.pipelines.pipeline import Pipeline


class Flow:
    """One pipeline: its document is compiled for the target and deployed."""

    def __init__(self, foundation: Foundation, target: str, pipeline: Pipeline, jobs: Jobs, serve: Serve) -> None:
        self.pipeline = pipeline

        def document(own: Own) -> pulumi.Output[str]:
            return definition(
                pipeline,
                foundation.site,
                target=target,
                own=own,
                lake=foundation.lake.ref,
                jobs=jobs.compute.ref,
                registries={"main": serve.registry.ref},
                endpoints={"main": serve.endpoint.ref},
                alerts=foundation.alerts.ref,
                alerts_key_arn=foundation.encryption.key_arn,
                framework=jobs.framework,
            )

        flow = make_orchestrator(
            target,
            foundation.site.named(pipeline.name),
            OrchestratorArgs(definition=document, key=foundation.key, boundary=foundation.boundary),
        )
        self.ref = flow.ref

        foundation.lake.grant_read(flow.role, "models")
        jobs.compute.grant_run(flow.role)
        serve.registry.grant_publish(flow.role)
        serve.registry.grant_read(flow.deploy_role)
        serve.endpoint.grant_deploy(flow.deploy_role)
        if flow.notifies:
            foundation.alerts.grant_publish(flow.role)
