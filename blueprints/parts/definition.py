"""From a pipeline and the components of an environment to the document that its orchestrator runs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from mlops_iac.blueprints.parts.server import Server
from mlops_iac.components._kit.refs import (
    ApprovalsRef,
    CardsRef,
    EndpointRef,
    JobRef,
    LakeRef,
    QueueRef,
    RegistryRef,
    ScalingRef,
    SigningRef,
    SparkRef,
    TopicRef,
    WarehouseRef,
)
from mlops_iac.components._kit.site import Site
from mlops_iac.core.errors import PipelineError
from mlops_iac.core.frameworks import Framework
from mlops_iac.core.instance_types import Processor, processor_of
from mlops_iac.pipelines.compile import get_target
from mlops_iac.pipelines.compile.bindings import (
    PLACEHOLDER_ASYNC,
    Bindings,
    CatalogueBinding,
    EndpointBinding,
    ExternalBinding,
    QueueBinding,
    SparkBinding,
    Tracking,
    VectorStoreBinding,
    WarehouseBinding,
)
from mlops_iac.pipelines.pipeline import Pipeline

Compile = Callable[[Pipeline, Bindings], dict[str, Any]]

PLACEHOLDER_QUEUE = QueueBinding(queue_arn="placeholder", job_definition_arn="placeholder")
PLACEHOLDER_STORE = VectorStoreBinding(index_arn="placeholder", indexer_arn="placeholder")
PLACEHOLDER_FUNCTION = "arn:{site.partition}:lambda:{site.region}:123456789012:function:{site.stack}-placeholder"
PLACEHOLDER_KEY = "arn:{site.partition}:kms:{site.region}:123456789012:key/00000000-0000-0000-0000-000000000000"
PLACEHOLDER_CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://placeholder/capture/",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}

CODE_ZONE = {"code": "code/"}
"""Packed code lies beside the zones of the lake."""
_QUEUE = ("queue_arn", "job_definition_arn", "nodes", "nodes_definition_arn")
_CATALOGUE = ("database", "workgroup")
_WAREHOUSE = ("workgroup", "workgroup_arn", "database", "role_arn")
_SPARK = ("application_id", "application_arn", "role_arn")
PLACEHOLDER_WAREHOUSE = WarehouseBinding(**dict.fromkeys(_WAREHOUSE, "placeholder"))


def definition(
    pipeline: Pipeline,
    site: Site,
    *,
    target: str,
    own: Mapping[str, pulumi.Input[str]],
    lake: LakeRef,
    repository_url: pulumi.Input[str],
    jobs: JobRef,
    framework: Framework,
    server: Server | None = None,
    registries: Mapping[str, RegistryRef],
    endpoints: Mapping[str, EndpointRef],
    scaled: Mapping[str, ScalingRef] | None = None,
    queues: Mapping[str, QueueRef],
    vector_stores: Mapping[str, Mapping[str, pulumi.Input[str]]] | None = None,
    warehouses: Mapping[str, WarehouseRef] | None = None,
    spark: Mapping[str, SparkRef] | None = None,
    cards: CardsRef | None = None,
    signing: SigningRef | None = None,
    approvals: ApprovalsRef | None = None,
    features_arn: pulumi.Input[str] | None = None,
    watcher_arn: pulumi.Input[str] | None = None,
    alerts: TopicRef | None = None,
    alerts_key_arn: pulumi.Input[str] | None = None,
    tracking: Tracking = "none",
    external: Mapping[str, ExternalBinding] | None = None,
) -> pulumi.Output[str]:
    """The definition, as text.

    Names and ARNs are known only when everything exists, so the pipeline is compiled twice: now, with placeholders,
    which shows its mistakes in a preview; and with the real values. ``own`` is what the orchestrator itself brings;
    ``vector_stores`` has for each the ARNs of its index and of the function that fills it.
    Raises PipelineError.
    """
    scaled = scaled or {}
    fixed: dict[str, Any] = {
        "stack": site.stack,
        "region": site.region,
        "partition": site.partition,
        "zones": {**lake.zones, **CODE_ZONE},
        "network_isolation": jobs.network_isolation,
        "encrypt_traffic": site.isolated,
        "training_images": {kind: framework.image(site.region, "training", kind) for kind in framework.processors},
        "serving_image": server.image if server else framework.image(site.region, "serving", _processor(endpoints)),
        **({"serving_environment": server.environment} if server else {}),
        "tracking": tracking,
        "retention": lake.retention,
        "external": dict(external or {}),
        "tags": dict(site.tags),
    }
    known: dict[str, Any] = {
        "catalogues": {"main": CatalogueBinding(**dict.fromkeys(_CATALOGUE, "placeholder"))} if lake.catalogue else {},
        "registries": dict.fromkeys(registries, f"{site.stack}-placeholder"),
        "endpoints": {name: _placeholder(site, ref, scaled.get(name)) for name, ref in endpoints.items()},
        "queues": {name: _placeholder_queue(ref) for name, ref in _usable(queues).items()},
        "vector_stores": dict.fromkeys(vector_stores or {}, PLACEHOLDER_STORE),
        "warehouses": dict.fromkeys(warehouses or {}, PLACEHOLDER_WAREHOUSE),
        "spark": dict.fromkeys(spark or {}, SparkBinding.placeholder(site.stack, site.region, site.partition)),
        "card_writer_arn": PLACEHOLDER_FUNCTION.format(site=site) if cards else None,
        "signing_key_arn": PLACEHOLDER_KEY.format(site=site) if signing else None,
        "verifier_arn": PLACEHOLDER_FUNCTION.format(site=site) if signing else None,
        "features_arn": PLACEHOLDER_FUNCTION.format(site=site) if features_arn is not None else None,
        "watcher_arn": PLACEHOLDER_FUNCTION.format(site=site) if watcher_arn is not None else None,
    }
    compile = get_target(target).compile
    try:
        compile(pipeline, Bindings.placeholder(**fixed, **known))
    except PipelineError as error:
        error.pipeline = pipeline.name
        raise
    later: Mapping[str, Any] = {
        "account_id": site.account_id,
        "bucket": lake.bucket,
        "repository_url": repository_url,
        "key_arn": jobs.key_arn,
        "job_role_arn": jobs.role_arn,
        "subnet_ids": list(jobs.subnet_ids),
        "security_group_ids": list(jobs.security_group_ids),
        "registries": {name: ref.group for name, ref in registries.items()},
        "catalogue": {name: getattr(lake.catalogue, name) for name in _CATALOGUE} if lake.catalogue else None,
        "endpoints": {name: _endpoint_values(ref, scaled.get(name)) for name, ref in endpoints.items()},
        "queues": {name: {part: getattr(ref, part) for part in _QUEUE} for name, ref in _usable(queues).items()},
        "vector_stores": dict(vector_stores or {}),
        "warehouses": {name: _warehouse_values(ref) for name, ref in (warehouses or {}).items()},
        "spark": {name: {one: getattr(ref, one) for one in _SPARK} for name, ref in (spark or {}).items()},
        "card_writer_arn": cards.writer_arn if cards else None,
        "signing_key_arn": signing.key_arn if signing else None,
        "verifier_arn": signing.verifier_arn if signing else None,
        "features_arn": features_arn,
        "watcher_arn": watcher_arn,
        "approvals_queue_url": approvals.url if approvals else None,
        "alerts_topic_arn": alerts.arn if alerts else None,
        "alerts_key_arn": alerts_key_arn,
        **own,
    }
    return pulumi.Output.all(**later).apply(lambda values: _render(compile, pipeline, {**fixed, **values}))


def _processor(endpoints: Mapping[str, EndpointRef]) -> Processor:
    """What the serving image must be built for: one image serves all endpoints, so the most demanding one decides."""
    kinds = [processor_of(str(ref.settings.get("InstanceType", ""))) for ref in endpoints.values()]
    return next((kind for kind in kinds if kind != "cpu"), "cpu")


def _render(compile: Compile, pipeline: Pipeline, values: Mapping[str, Any]) -> str:
    catalogue = values["catalogue"]
    bindings = Bindings(
        **{
            **{name: value for name, value in values.items() if name != "catalogue"},
            "subnet_ids": tuple(values["subnet_ids"]),
            "security_group_ids": tuple(values["security_group_ids"]),
            "catalogues": {"main": CatalogueBinding(**catalogue)} if catalogue else {},
            "endpoints": {name: EndpointBinding(**endpoint) for name, endpoint in values["endpoints"].items()},
            "queues": {name: QueueBinding(**queue) for name, queue in values["queues"].items()},
            "vector_stores": {name: VectorStoreBinding(**store) for name, store in values["vector_stores"].items()},
            "spark": {name: SparkBinding(**one) for name, one in values["spark"].items()},
            "warehouses": {name: WarehouseBinding(**one) for name, one in values["warehouses"].items()},
        }
    )
    return json.dumps(compile(pipeline, bindings), separators=(",", ":"))


def _usable(queues: Mapping[str, QueueRef]) -> Mapping[str, QueueRef]:
    """Those that the framework has an image for."""
    return {name: ref for name, ref in queues.items() if ref.job_definition_arn is not None}


def _placeholder_queue(queue: QueueRef) -> QueueBinding:
    several = "placeholder" if queue.nodes > 1 else None
    return dataclasses.replace(PLACEHOLDER_QUEUE, nodes=queue.nodes, nodes_definition_arn=several)


def _warehouse_values(warehouse: WarehouseRef) -> dict[str, Any]:
    return {name: getattr(warehouse, name) for name in _WAREHOUSE}


def _endpoint_values(endpoint: EndpointRef, scaling: ScalingRef | None) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "flavour": endpoint.flavour,
        "role_arn": endpoint.role_arn,
        "variant": dict(endpoint.settings),
        "key_arn": endpoint.key_arn,
        "subnet_ids": list(endpoint.subnet_ids),
        "security_group_ids": list(endpoint.security_group_ids),
        "network_isolation": endpoint.network_isolation,
        "asynchronous": endpoint.asynchronous,
        "capture": endpoint.capture,
        "alarms": list(endpoint.alarms),
        "scaler_arn": scaling.scaler_arn if scaling else None,
    }


def _placeholder(site: Site, endpoint: EndpointRef, scaling: ScalingRef | None) -> EndpointBinding:
    """What a preview knows of an endpoint: its flavour and its sizes, which are what a team can get wrong."""
    return EndpointBinding(
        name=f"{site.stack}-placeholder",
        flavour=endpoint.flavour,
        role_arn=f"arn:{site.partition}:iam::123456789012:role/{site.stack}-placeholder",
        variant=endpoint.settings,
        network_isolation=endpoint.network_isolation,
        asynchronous=PLACEHOLDER_ASYNC if endpoint.asynchronous else None,
        capture=PLACEHOLDER_CAPTURE if endpoint.capture else None,
        alarms=tuple(f"{site.stack}-placeholder-{number}" for number, _ in enumerate(endpoint.alarms)),
        scaler_arn=PLACEHOLDER_FUNCTION.format(site=site) if scaling else None,
    )
