"""Spaces: CreateSpace, DescribeSpace, UpdateSpace, DeleteSpace, ListSpaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from mlops_iac.cloud.studio.things import Things, seen
from mlops_iac.cloud.wire import AwsError, Call

_SHOWN: Final = ("DomainId", "SpaceName", "Status", "CreationTime", "LastModifiedTime", "SpaceDisplayName")


class Spaces(Things):
    noun: ClassVar[str] = "Space"
    kind: ClassVar[str] = "space"

    def operations(self) -> Mapping[str, Callable[[Call], dict[str, Any]]]:
        return {
            "CreateSpace": self.create,
            "DescribeSpace": lambda call: seen(self.get(self._arn(call))),
            "UpdateSpace": self.update,
            "DeleteSpace": self.delete,
            "ListSpaces": self.list,
        }

    def _arn(self, call: Call) -> str:
        return self.own_arn(call, call.params["SpaceName"])

    def create(self, call: Call) -> dict[str, Any]:
        self.demand_domain(call)
        params, arn = call.params, self._arn(call)
        owned, shared = params.get("OwnershipSettings"), params.get("SpaceSharingSettings")
        if bool(owned) != bool(shared):
            words = "OwnershipSettings and SpaceSharingSettings must be given together."
            raise AwsError("ValidationException", words)
        if owned:
            owner = call.arn("sagemaker", f"user-profile/{params['DomainId']}/{owned['OwnerUserProfileName']}")
            if self.find(owner) is None:
                raise AwsError("ResourceNotFound", f"UserProfile [{owner}] does not exist.")
        url = f"{self.get(self.domain_arn(call))['Url']}/jupyterlab/default/lab?space={params['SpaceName']}"
        self.begin(arn, call, SpaceArn=arn, HomeEfsFileSystemUid="200000", Url=url)
        return {"SpaceArn": arn}

    def update(self, call: Call) -> dict[str, Any]:
        arn = self._arn(call)
        told = {name: call.params.get(name) for name in ("SpaceSettings", "SpaceDisplayName")}
        self.change(arn, **told)
        return {"SpaceArn": arn}

    def delete(self, call: Call) -> dict[str, Any]:
        self.end(self._arn(call))
        return {}

    def list(self, call: Call) -> dict[str, Any]:
        found = self.page("Spaces", call, (*_SHOWN, "OwnershipSettings", "SpaceSharingSettings"))
        for one in found["Spaces"]:
            owned, shared = one.pop("OwnershipSettings", None), one.pop("SpaceSharingSettings", None)
            one |= {"OwnershipSettingsSummary": owned} if owned else {}
            one |= {"SpaceSharingSettingsSummary": shared} if shared else {}
        return found
