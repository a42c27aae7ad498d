"""What was there before: layers that an environment uses and neither makes nor deletes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mlops_iac.config.section import Section

VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$"), Field(examples=["vpc-0a1b2c3d4e5f67890"])]
SubnetId = Annotated[
    str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$"), Field(examples=["subnet-0a1b2c3d4e5f67890"])
]
GroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$"), Field(examples=["sg-0a1b2c3d4e5f67890"])]
KeyArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-f-]{36}$")]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")]
PackageGroup = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$")]


class AdoptedNetwork(Section):
    vpc_id: VpcId = Field(description="The VPC.")
    subnet_ids: tuple[SubnetId, ...] = Field(
        min_length=1, max_length=16, description="Private subnets in which jobs run; they must reach S3."
    )
    security_group_id: GroupId = Field(description="The security group that jobs wear; it must let them out to S3.")


class AdoptedKey(Section):
    key_arn: KeyArn = Field(
        description="The key. Its policy must let this account's roles, and the services that keep logs and alerts, "
        "use it."
    )


class AdoptedLake(Section):
    bucket: BucketName = Field(
        description="The bucket, of this account and region. What lies in it stays when the environment is destroyed."
    )


class AdoptedRegistry(Section):
    group: PackageGroup = Field(
        description="The model package group. Its versions stay when the environment is destroyed."
    )


class Adopt(Section):
    network: AdoptedNetwork | None = Field(
        default=None, description="A VPC that is there. Left out: the environment has one of its own."
    )
    encryption: AdoptedKey | None = Field(
        default=None, description="A KMS key that is there. Left out: the environment has one of its own."
    )
    data_lake: AdoptedLake | None = Field(
        default=None, description="A bucket that is there. Left out: the environment has one of its own."
    )


class ServingAdopt(Adopt):
    registry: AdoptedRegistry | None = Field(
        default=None, description="A model package group that is there. Left out: the environment has one of its own."
    )
