"""Where the types of machines are offered that the stack names: EC2's by zone, SageMaker's by region."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.doctor.checks.quotas import sagemaker_quotas
from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.limits import machines_of
from mlops_iac.doctor.machines import limits_needed
from mlops_iac.doctor.subject import Subject

FIX = "choose another type, or a region that has it."


def check(subject: Subject) -> Iterator[Finding]:
    yield from _of_queues(subject)
    yield from _of_sagemaker(subject)


def _of_queues(subject: Subject) -> Iterator[Finding]:
    """A Batch queue takes a machine in either of the network's zones; one zone may be full."""
    environments = subject.built.of("aws:batch/computeEnvironment:ComputeEnvironment")
    for name in sorted({one for each in environments for one in machines_of(each)[0]} - {"optimal"}):
        zones = _zones(subject, name)
        if not zones:
            yield failed(f"{name} is not offered in {subject.region}", FIX)
        elif len(zones) == 1:
            yield warned(f"{name} is offered in one zone only, {zones[0]}", "name a second type beside it.")
        else:
            yield passed(f"{name} is offered in {', '.join(zones)}")


def _zones(subject: Subject, name: str) -> list[str]:
    """``g5`` is any size of it."""
    pages = subject.clients("ec2").get_paginator("describe_instance_type_offerings")
    asked = [{"Name": "instance-type", "Values": [name if "." in name else f"{name}.*"]}]
    found = pages.paginate(LocationType="availability-zone", Filters=asked)
    return sorted({offer["Location"] for page in found for offer in page["InstanceTypeOfferings"]})


def _of_sagemaker(subject: Subject) -> Iterator[Finding]:
    """A type that SageMaker has in a region has a limit there for each use."""
    needed = limits_needed(subject)
    if not needed:
        return
    known = sagemaker_quotas(subject)
    missing = sorted(name for name in needed if name not in known)
    for name in missing:
        yield failed(f"SageMaker in {subject.region} knows no {name.removesuffix(' usage')}", FIX)
    if not missing:
        yield passed(f"SageMaker in {subject.region} has {', '.join(sorted({name.split()[0] for name in needed}))}")
