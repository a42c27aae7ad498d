"""What this cloud holds of the types that rules judge, as moto keeps it. Callers hold the gateway's lock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, kw_only=True)
class Place:
    account: str
    region: str
    partition: str


@dataclass(frozen=True, kw_only=True)
class Held:
    """One resource, under the id by which AWS Config knows it."""

    type: str
    id: str
    arn: str
    tags: Mapping[str, str]
    it: Any
    """moto's own object."""


Reader = Callable[[Any, Place], Iterator[tuple[str, str, Mapping[str, str], Any]]]


def held(type: str, place: Place) -> Iterator[Held]:
    """Resources of a type in one region; nothing of a service that nobody has asked for anything yet."""
    service, reader = READERS[type]
    module = sys.modules.get(f"moto.{service}.models")
    if module is None:
        return
    backends = getattr(module, BACKENDS.get(service, f"{service}_backends"))
    backend = backends[place.account][place.partition if service == "s3" else place.region]
    for id, arn, tags, it in reader(backend, place):
        yield Held(type=type, id=id, arn=arn, tags=tags, it=it)


def _buckets(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for name, bucket in backend.buckets.items():
        if bucket.region_name == place.region:
            yield name, bucket.arn, backend.tagger.get_tag_dict_for_resource(bucket.arn), bucket


def _keys(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    """Those that customers made: AWS rotates its own."""
    for key in backend.keys.values():
        if key.key_manager == "CUSTOMER":
            yield key.id, key.arn, backend.tagger.get_tag_dict_for_resource(key.id), key


def _networks(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for network in backend.vpcs.values():
        yield network.id, _ec2(place, f"vpc/{network.id}"), _pairs(network.get_tags(), "key", "value"), network


def _groups(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for of_network in backend.groups.values():
        for group in of_network.values():
            yield group.id, _ec2(place, f"security-group/{group.id}"), _pairs(group.get_tags(), "key", "value"), group


def _topics(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for topic in backend.topics.values():
        yield topic.arn, topic.arn, topic._tags, topic


def _machines(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for machine in backend.state_machines:
        yield machine.arn, machine.arn, backend.tagger.get_tag_dict_for_resource(machine.arn), machine


def _functions(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for function in backend.list_functions():
        arn = function.function_arn
        yield function.function_name, arn, function.tags, function


def _repositories(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for name, repository in backend.repositories.items():
        yield name, repository.arn, backend.tagger.get_tag_dict_for_resource(repository.arn), repository


def _trails(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for trail in backend.trails.values():
        listed = backend.tagging_service.list_tags_for_resource(trail.arn)["TagsList"]
        yield trail.arn, trail.arn, _pairs(listed, "Key", "Value"), trail


def _log_groups(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for name, group in backend.groups.items():
        yield name, group.arn, backend.tagger.get_tag_dict_for_resource(group.arn), group


def _models(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for model in backend._models.values():
        yield model.arn, model.arn, _pairs(model.tags, "Key", "Value"), model


def _endpoint_configs(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for config in backend.endpoint_configs.values():
        arn = config.endpoint_config_arn
        yield arn, arn, _pairs(config.tags, "Key", "Value"), config


def _notebooks(backend: Any, place: Place) -> Iterator[tuple[str, str, Mapping[str, str], Any]]:
    for notebook in backend.notebook_instances.values():
        yield notebook.arn, notebook.arn, _pairs(notebook.tags, "Key", "Value"), notebook


def _ec2(place: Place, resource: str) -> str:
    return f"arn:{place.partition}:ec2:{place.region}:{place.account}:{resource}"


def _pairs(listed: Any, key: str, value: str) -> dict[str, str]:
    return {one[key]: one[value] for one in listed}


BACKENDS: Final = {
    "awslambda_simple": "lambda_simple_backends",
    "stepfunctions.parser": "stepfunctions_parser_backends",
}
"""Of services whose backends moto does not call after them."""

READERS: Final[Mapping[str, tuple[str, Reader]]] = {
    "AWS::CloudTrail::Trail": ("cloudtrail", _trails),
    "AWS::EC2::SecurityGroup": ("ec2", _groups),
    "AWS::EC2::VPC": ("ec2", _networks),
    "AWS::ECR::Repository": ("ecr", _repositories),
    "AWS::KMS::Key": ("kms", _keys),
    "AWS::Lambda::Function": ("awslambda_simple", _functions),
    "AWS::Logs::LogGroup": ("logs", _log_groups),
    "AWS::S3::Bucket": ("s3", _buckets),
    "AWS::SNS::Topic": ("sns", _topics),
    "AWS::SageMaker::EndpointConfig": ("sagemaker", _endpoint_configs),
    "AWS::SageMaker::Model": ("sagemaker", _models),
    "AWS::SageMaker::NotebookInstance": ("sagemaker", _notebooks),
    "AWS::StepFunctions::StateMachine": ("stepfunctions.parser", _machines),
}
"""A type, as AWS Config calls it, to moto's service and what reads it there."""
