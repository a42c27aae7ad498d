"""What MWAA looks at before it takes an environment: its version, its role, its subnets, its bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.interpreters.airflow.versions import VERSION
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SERVICES: Final = ("airflow.amazonaws.com", "airflow-env.amazonaws.com")
"""Who assume an environment's role. https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html"""
NOT_HERE: Final = ("PluginsS3Path", "RequirementsS3Path", "StartupScriptS3Path")
SUBNETS: Final = 2
"""In two zones. https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-create.html"""


def check(gateway: Gateway, asked: Mapping[str, Any], call: Call) -> None:
    """Raises AwsError with the first thing that MWAA, or this cloud, would not take."""
    for member in NOT_HERE:
        if asked.get(member):
            raise AwsError("NotImplemented", f"The embedded cloud does nothing with {member}.", 501)
    for why in _faults(gateway, asked, call):
        raise AwsError("ValidationException", why)


def _faults(gateway: Gateway, asked: Mapping[str, Any], call: Call) -> Iterator[str]:
    if asked["AirflowVersion"] != VERSION:
        yield f"The embedded cloud runs Airflow {VERSION}, not {asked['AirflowVersion']}."
    for service in SERVICES:
        try:
            gateway.roles.check(asked["ExecutionRoleArn"], service)
        except CannotAssume as error:
            yield f"{error}"
    yield from _subnets(asked["NetworkConfiguration"].get("SubnetIds", ()), call)
    yield from _bucket(asked["SourceBucketArn"].rpartition(":")[2], call)


def _subnets(asked: list[str], call: Call) -> Iterator[str]:
    from moto.ec2.models import ec2_backends

    backend = ec2_backends[call.account_id][call.region]
    there = {one.id: one for one in backend.describe_subnets()}
    yield from (f"The subnet ID '{one}' does not exist" for one in asked if one not in there)
    zones = {there[one].availability_zone for one in asked if one in there}
    if len(zones) != SUBNETS:
        yield f"An environment needs {SUBNETS} subnets in different Availability Zones."


def _bucket(name: str, call: Call) -> Iterator[str]:
    from moto.s3.models import s3_backends

    bucket = s3_backends[call.account_id][partition_of(call.region)].buckets.get(name)
    if bucket is None:
        yield f"Bucket {name} does not exist."
    elif bucket.public_access_block is None or not all(bucket.public_access_block.to_config_dict().values()):
        yield f"Bucket {name} must block all public access."
