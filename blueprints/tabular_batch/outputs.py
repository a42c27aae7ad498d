"""What the environment tells those who use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions
from mlops_iac.components._kit.refs import (
    EndpointRef,
    JobRef,
    LakeRef,
    PipelineRef,
    QueueRef,
    RegistryRef,
    RepositoryRef,
    TopicRef,
)
from mlops_iac.components._kit.site import Site
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core import environment as env
from mlops_iac.pipelines.describe import describe
from mlops_iac.pipelines.pipeline import Pipeline

CALLER = "caller"
"""Credentials of a service that is used with the client's own AWS credentials."""


def outputs(
    site: Site,
    stack: StackConfig,
    options: TabularBatchOptions,
    training: Pipeline,
    *,
    lake: LakeRef,
    flow: PipelineRef,
    jobs: JobRef,
    registry: RegistryRef,
    images: RepositoryRef,
    endpoint: EndpointRef,
    queues: Mapping[str, QueueRef],
    alerts: TopicRef,
    dashboard: pulumi.Input[str],
) -> env.Environment:
    """The environment's record; its values are Outputs until everything exists."""
    values: dict[str, Any] = {
        "team": site.team,
        "environment": site.environment,
        "blueprint": site.blueprint,
        "region": site.region,
        "account_id": site.account_id,
        "stores": {
            env.LAKE: env.Store(bucket=_any(lake.bucket), zones=dict(lake.zones), key_arn=_any(lake.key_arn or ""))
        },
        "pipelines": {training.name: _pipeline(stack, options, training, lake, flow)},
        "endpoints": {"main": env.Endpoint(name=_any(endpoint.name), flavour=endpoint.flavour)},
        "registries": {"main": env.Registry(model_package_group=_any(registry.group), repository_url=_any(images.url))},
        "queues": {
            name: env.Queue(queue=_any(queue.queue_arn), job_definition=_any(queue.job_definition_arn))
            for name, queue in queues.items()
        },
        "services": _services(site, lake, jobs, registry, endpoint),
        "alerts_topic_arn": alerts.arn,
        "dashboard": dashboard,
    }
    return env.Environment(**values)


def _pipeline(
    stack: StackConfig, options: TabularBatchOptions, pipeline: Pipeline, lake: LakeRef, flow: PipelineRef
) -> env.Pipeline:
    return env.Pipeline(
        **describe(pipeline, lake.zones),
        target=flow.target,
        handle=_any(flow.handle),
        framework=options.framework.name,
        framework_version=options.framework.version,
        code=stack.code,
        code_prefix="code/",
    )


def _services(
    site: Site, lake: LakeRef, jobs: JobRef, registry: RegistryRef, endpoint: EndpointRef
) -> dict[str, env.Service]:
    """What the environment offers, by capability."""
    region = {"AWS_REGION": site.region}
    predict = pulumi.Output.concat(
        f"https://runtime.sagemaker.{site.region}.amazonaws.com/endpoints/", endpoint.name, "/invocations"
    )
    return {
        "data-lake": env.Service(
            endpoint=_any(lake.uri("")),
            credentials=_any(jobs.role_arn),
            client=_any({**region, "MLOPS_IAC_BUCKET": lake.bucket}),
        ),
        "model-store": env.Service(
            endpoint=_any(registry.arn),
            credentials=CALLER,
            client=_any({**region, "MLOPS_IAC_MODEL_PACKAGE_GROUP": registry.group}),
        ),
        "prediction-serving": env.Service(
            endpoint=_any(predict),
            credentials=CALLER,
            client=_any({**region, "MLOPS_IAC_ENDPOINT": endpoint.name}),
        ),
    }


def _any(value: Any) -> Any:
    """An Output where the record says text: the record is read back only after all values are known."""
    return value
