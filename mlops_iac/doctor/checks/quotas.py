"""Limits of the account against what is used of them and what the stack needs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.gpus import named
from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.limits import LIMITS, Limit, Pool, machines_of, pool_of
from mlops_iac.doctor.machines import limits_needed
from mlops_iac.doctor.subject import Subject

NEARLY = 0.8
"""Of a limit; what is used beyond that is worth knowing."""


def check(subject: Subject) -> Iterator[Finding]:
    there = bool(subject.stack) and _is_there(subject)
    for limit in LIMITS:
        needed = 0 if there else limit.needs(subject.built)
        if needed or not subject.stack:
            yield _counted(subject, limit, needed)
    if subject.stack:
        yield from _of_pools(subject)
        yield from _of_sagemaker(subject)


def _is_there(subject: Subject) -> bool:
    """Whether the stack stands in this account already, so that what it needs is among what is used."""
    tagged = subject.clients("resourcegroupstaggingapi")
    asked: Any = {"Key": STACK_TAG, "Values": [subject.stack]}
    return bool(tagged.get_resources(TagFilters=[asked], ResourcesPerPage=1)["ResourceTagMappingList"])


def _counted(subject: Subject, limit: Limit, needed: int) -> Finding:
    used = limit.used(subject.clients)
    most = limit.quota(subject.clients) if limit.quota else _quota(subject, limit.service, limit.code, limit.default)
    says = f"{limit.what}: {used:,} of {most:,} used" + (f", {needed:,} needed" if needed else "")
    fix = "; or ".join(filter(None, (limit.instead, _raise(subject, limit.service, limit.code, used + needed)))) + "."
    if used + needed > most:
        return failed(says, fix)
    return warned(says, fix) if used + needed > NEARLY * most else passed(says)


def _quota(subject: Subject, service: str, code: str, default: int) -> int:
    """What AWS applies; the default where it names none."""
    if not code:
        return default
    client = subject.clients("service-quotas")
    try:
        return int(client.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"])
    except client.exceptions.NoSuchResourceException:
        return default


def _of_pools(subject: Subject) -> Iterator[Finding]:
    """vCPUs of EC2 that the stack's Batch queues may take at once, by family and way to buy."""
    needed: dict[tuple[Pool, bool], int] = {}
    for resource in subject.built.of("aws:batch/computeEnvironment:ComputeEnvironment"):
        types, vcpus, spot = machines_of(resource)
        for pool in {pool_of(one) for one in types} - {None}:
            assert pool is not None
            needed[pool, spot] = needed.get((pool, spot), 0) + vcpus
    for (pool, spot), vcpus in sorted(needed.items(), key=str):
        code = pool.spot if spot else pool.on_demand
        most = _quota(subject, "ec2", code, 0)
        says = f"{'spot' if spot else 'on-demand'} vCPUs of {pool.name}: {most:,} allowed, up to {vcpus:,} wanted"
        fix = f"{_raise(subject, 'ec2', code, vcpus)}; or lower `max_vcpus` of the queue."
        if most == 0:
            yield failed(says, fix)
        else:
            yield passed(says) if vcpus <= most else warned(f"{says}: jobs wait for each other", fix)


def _of_sagemaker(subject: Subject) -> Iterator[Finding]:
    """Instances by type and use; a new account has none of many."""
    needed = limits_needed(subject)
    if not needed:
        return
    known = sagemaker_quotas(subject)
    for name, count in sorted(needed.items()):
        if name not in known:
            continue  # `instances` tells that the region does not have it
        most, code = int(known[name]["Value"]), known[name]["QuotaCode"]
        kind, _, use = name.partition(" ")
        says = f"{named(kind)} {use}: {most:,} allowed, {count:,} needed"
        fix = f"{_raise(subject, 'sagemaker', code, count)}; or choose another instance type."
        yield passed(says) if count <= most else failed(says, fix)


def sagemaker_quotas(subject: Subject) -> Mapping[str, Mapping[str, Any]]:
    pages = subject.clients("service-quotas").get_paginator("list_service_quotas")
    found = (quota for page in pages.paginate(ServiceCode="sagemaker") for quota in page["Quotas"])
    return {quota["QuotaName"]: quota for quota in found}


def _raise(subject: Subject, service: str, code: str, wanted: float) -> str:
    """The command that asks AWS for more."""
    if not code:
        return "delete what is no longer used"
    region = "us-east-1" if service == "iam" else subject.region
    return (
        f"`aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} "
        f"--desired-value {math.ceil(wanted)} --region {region}`"
    )
