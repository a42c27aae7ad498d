"""Domains: CreateDomain, DescribeDomain, UpdateDomain, DeleteDomain, ListDomains.

The home folders of people, an EFS file system on AWS, are an id here: no app runs that would write into them. There is
no quota of domains here; an account of AWS begins with one, or a few, in a region.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from mlops_iac.cloud.studio.things import Things, seen
from mlops_iac.cloud.wire import AwsError, Call

_LETTERS: Final = string.ascii_lowercase + string.digits
_CHANGED: Final = (
    "AppNetworkAccessType", "AppSecurityGroupManagement", "DefaultSpaceSettings", "DefaultUserSettings", "SubnetIds",
    "TagPropagation",
)  # fmt: skip
_SHOWN: Final = ("DomainArn", "DomainId", "DomainName", "Status", "CreationTime", "LastModifiedTime", "Url")
DEPENDENTS: Final = {"user-profile": "UserProfile", "space": "Space", "app": "App"}


class Domains(Things):
    noun: ClassVar[str] = "Domain"
    kind: ClassVar[str] = "domain"

    def operations(self) -> Mapping[str, Callable[[Call], dict[str, Any]]]:
        return {
            "CreateDomain": self.create,
            "DescribeDomain": lambda call: seen(self.get(self.domain_arn(call))),
            "UpdateDomain": self.update,
            "DeleteDomain": self.delete,
            "ListDomains": lambda call: self.page("Domains", call, _SHOWN),
        }

    def create(self, call: Call) -> dict[str, Any]:
        self._check(call)
        id = f"d-{''.join(secrets.choice(_LETTERS) for _ in range(12))}"
        arn = call.arn("sagemaker", f"domain/{id}")
        url = f"https://{id}.studio.{call.region}.sagemaker.aws"
        usual = {"AppNetworkAccessType": "PublicInternetOnly", "TagPropagation": "DISABLED"}
        own = {"DomainArn": arn, "DomainId": id, "Url": url, "HomeEfsFileSystemId": f"fs-{secrets.token_hex(9)[:17]}"}
        self.begin(arn, call, **{**usual, **call.params}, **own)
        return {"DomainArn": arn, "DomainId": id, "Url": url}

    def update(self, call: Call) -> dict[str, Any]:
        arn = self.domain_arn(call)
        self.check_role(call.params.get("DefaultUserSettings"))
        settings = call.params.get("DomainSettingsForUpdate")
        self.change(arn, **{name: call.params.get(name) for name in _CHANGED}, DomainSettings=settings)
        return {"DomainArn": arn}

    def delete(self, call: Call) -> dict[str, Any]:
        arn = self.domain_arn(call)
        self.get(arn)
        for kind, noun in DEPENDENTS.items():
            if self.below(call.arn("sagemaker", f"{kind}/{call.params['DomainId']}/")):
                words = f"Unable to delete Domain [{arn}] because {noun}(s) are associated with it."
                raise AwsError("ResourceInUse", words)
        self.end(arn)
        return {}

    def _check(self, call: Call) -> None:
        params, there = call.params, self.below(call.arn("sagemaker", "domain/"))
        if params["AuthMode"] == "SSO":
            raise AwsError("NotImplemented", "The embedded cloud has no IAM Identity Center.", 501)
        if any(one["DomainName"] == params["DomainName"] for one in there):
            raise AwsError("ResourceInUse", f"Domain with name [{params['DomainName']}] already exists.")
        if params.get("AppNetworkAccessType") == "VpcOnly":
            for name in ("VpcId", "SubnetIds"):
                if not params.get(name):
                    raise AwsError("ValidationException", f"{name} is required when AppNetworkAccessType is VpcOnly.")
            if not params["DefaultUserSettings"].get("SecurityGroups"):
                words = "DefaultUserSettings.SecurityGroups is required when AppNetworkAccessType is VpcOnly."
                raise AwsError("ValidationException", words)
        self.check_role(params["DefaultUserSettings"])
