"""Answers to invokes: Pulumi's ``get…`` functions, as far as a component could reasonably ask.

Pure ones (identity, region, partition, zones, policy documents) need no cloud, so previews answer them too.
Result names are pulumi-aws's own. The others ask the embedded cloud and refuse, as AWS does, what does not
exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.invokes import network, place, policy_document, things
from mlops_iac.cloud.regions import partition_of
from mlops_iac.core.errors import CloudError, NotEmulated
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

if TYPE_CHECKING:
    from mlops_iac.clients import Clients

Pure = Callable[[Scope, Props], dict[str, Any]]
Asking = Callable[[Api, Scope, Props], dict[str, Any]]


def answer(
    clients: Callable[[str], Clients] | None, account_id: str, scope: Scope, token: str, args: Props
) -> dict[str, Any]:
    """Answer one invoke; an unknown token is `NotEmulated` with the nearest known one."""
    if token in PURE:
        return PURE[token](scope, args)
    if token not in ASKING:
        raise NotEmulated(token, hint=did_you_mean(token, [*PURE, *ASKING]))
    if clients is None:
        raise CloudError(
            "No cloud is running.",
            f"`{token}` asks a cloud; previews answer it once one is running.",
            hint="`mlops-iac cloud start` starts the embedded cloud.",
            resource=token,
        )
    service, ask = ASKING[token]
    where = str(args.get("region") or scope.region)
    partition_of(where)  # an invented region is refused
    there = replace(scope, region=where)
    return {"region": where, **ask(Api(clients(where), service, token, token), there, args)}


PURE: Final[Mapping[str, Pure]] = {
    "aws:iam/getPolicyDocument:getPolicyDocument": policy_document.policy_document,
    "aws:index/getAvailabilityZones:getAvailabilityZones": place.availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": place.caller_identity,
    "aws:index/getPartition:getPartition": place.partition,
    "aws:index/getRegion:getRegion": place.region,
}
"""Token to its answer; no cloud is asked. Sorted."""

ASKING: Final[Mapping[str, tuple[str, Asking]]] = {
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": ("ec2", network.managed_prefix_list),
    "aws:ec2/getPrefixList:getPrefixList": ("ec2", network.prefix_list),
    "aws:ec2/getSubnet:getSubnet": ("ec2", network.subnet),
    "aws:ec2/getSubnets:getSubnets": ("ec2", network.subnets),
    "aws:ec2/getVpc:getVpc": ("ec2", network.vpc),
    "aws:kms/getAlias:getAlias": ("kms", things.alias),
    "aws:kms/getKey:getKey": ("kms", things.key),
    "aws:s3/getBucket:getBucket": ("s3", things.bucket),
    "aws:ssm/getParameter:getParameter": ("ssm", things.parameter),
}
"""Token to the service asked and the answer. Sorted."""
