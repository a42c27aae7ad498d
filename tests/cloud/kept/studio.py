"""Studio: a domain, its people and their spaces; repositories of code."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.studio import things
from tests.cloud.conftest import REGION
from tests.cloud.kept.world import ROLE, TRUST, World, plain


class Studio(World):
    stores = frozenset({things.STORE})

    def begin(self) -> None:
        self.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST)
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        place: dict[str, Any] = {"VpcId": vpc, "SubnetIds": [subnet]}
        self.domain: str = self.client("sagemaker").create_domain(
            DomainName="kept",
            AuthMode="IAM",
            DefaultUserSettings={"ExecutionRole": ROLE},
            **place,
        )["DomainId"]
        self.people: list[str] = []
        self._person()

    def _person(self) -> None:
        name = self.new_name()
        self.client("sagemaker").create_user_profile(DomainId=self.domain, UserProfileName=name)
        self.people.append(name)

    def _space(self) -> None:
        owner = {"OwnerUserProfileName": self.chance.choice(self.people)}
        self.client("sagemaker").create_space(
            DomainId=self.domain, SpaceName=self.new_name(), OwnershipSettings=owner,
            SpaceSharingSettings={"SharingType": "Private"},
        )  # fmt: skip

    def _repository(self) -> None:
        config = {"RepositoryUrl": f"https://git.example.org/{self.new_name()}.git"}
        self.client("sagemaker").create_code_repository(CodeRepositoryName=self.new_name(), GitConfig=config)

    def _tag(self) -> None:
        person = self.chance.choice(self.people)
        arn = f"arn:aws:sagemaker:{REGION}:123456789012:user-profile/{self.domain}/{person}"
        self.client("sagemaker").add_tags(ResourceArn=arn, Tags=[{"Key": "round", "Value": self.new_name()}])

    def _delete_space(self) -> None:
        for one in self.client("sagemaker").list_spaces(DomainIdEquals=self.domain)["Spaces"][:1]:
            if one["Status"] == "InService":
                self.client("sagemaker").delete_space(DomainId=self.domain, SpaceName=one["SpaceName"])

    def act(self) -> None:
        self.one_of((self._person, self._space, self._repository, self._tag, self._delete_space))

    def seen(self) -> Any:
        client, place = self.client("sagemaker"), {"DomainId": self.domain}
        people = [one["UserProfileName"] for one in client.list_user_profiles()["UserProfiles"]]
        spaces = [one["SpaceName"] for one in client.list_spaces()["Spaces"]]
        repositories = [
            one["CodeRepositoryName"] for one in client.list_code_repositories()["CodeRepositorySummaryList"]
        ]
        told = {
            "domain": client.describe_domain(**place),
            "people": [client.describe_user_profile(**place, UserProfileName=one) for one in sorted(people)],
            "spaces": [client.describe_space(**place, SpaceName=one) for one in sorted(spaces)],
            "code": [client.describe_code_repository(CodeRepositoryName=one) for one in sorted(repositories)],
        }
        tags = {
            one["UserProfileArn"]: client.list_tags(ResourceArn=one["UserProfileArn"])["Tags"] for one in told["people"]
        }
        return plain([told, tags])
