"""Profiles of people: Create-, Describe-, Update- and DeleteUserProfile, ListUserProfiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from mlops_iac.cloud.studio.things import Things, seen
from mlops_iac.cloud.wire import AwsError, Call

_SHOWN: Final = ("DomainId", "UserProfileName", "Status", "CreationTime", "LastModifiedTime")
FIRST_UID: Final = 200_000


class Profiles(Things):
    noun: ClassVar[str] = "UserProfile"
    kind: ClassVar[str] = "user-profile"

    def operations(self) -> Mapping[str, Callable[[Call], dict[str, Any]]]:
        return {
            "CreateUserProfile": self.create,
            "DescribeUserProfile": lambda call: seen(self.get(self._arn(call))),
            "UpdateUserProfile": self.update,
            "DeleteUserProfile": self.delete,
            "ListUserProfiles": lambda call: self.page("UserProfiles", call, _SHOWN),
        }

    def _arn(self, call: Call) -> str:
        return self.own_arn(call, call.params["UserProfileName"])

    def create(self, call: Call) -> dict[str, Any]:
        self.demand_domain(call)
        self.check_role(call.params.get("UserSettings"))
        if call.params.get("SingleSignOnUserValue"):
            words = "SingleSignOnUserValue cannot be given for a Domain with AuthMode IAM."
            raise AwsError("ValidationException", words)
        arn = self._arn(call)
        taken = len(self.below(self.own_arn(call, "")))
        self.begin(arn, call, UserProfileArn=arn, HomeEfsFileSystemUid=str(FIRST_UID + taken))
        return {"UserProfileArn": arn}

    def update(self, call: Call) -> dict[str, Any]:
        arn = self._arn(call)
        self.check_role(call.params.get("UserSettings"))
        self.change(arn, UserSettings=call.params.get("UserSettings"))
        return {"UserProfileArn": arn}

    def delete(self, call: Call) -> dict[str, Any]:
        arn, name = self._arn(call), call.params["UserProfileName"]
        self.get(arn)
        spaces = self.below(call.arn("sagemaker", f"space/{call.params['DomainId']}/"))
        if any((one.get("OwnershipSettings") or {}).get("OwnerUserProfileName") == name for one in spaces):
            words = f"Unable to delete UserProfile [{arn}] because Space(s) are associated with it."
            raise AwsError("ResourceInUse", words)
        self.end(arn)
        return {}
