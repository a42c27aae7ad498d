"""Namespaces: what a warehouse's tables, users and keys are in, and the secret of its administrator."""

from __future__ import annotations

import json
import re
import secrets
import string
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.warehouse.places import (
    NAMESPACES,
    SERVICE,
    SPELLING,
    TAGS,
    WORKGROUPS,
    Key,
    Thing,
    as_tags,
    conflict,
    here,
    invalid,
    key,
    missing,
    now,
)
from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.warehouse.shelves import Shelves

NAME: Final = re.compile(r"[a-z0-9-]{3,64}")
DB_NAME: Final = re.compile(r"[a-z][a-z0-9_+.@-]{0,63}")
LOGS: Final = ("connectionlog", "useractivitylog", "userlog")
SETTINGS: Final = ("kmsKeyId", "defaultIamRoleArn", "adminPasswordSecretKmsKeyId", "adminUsername")
ADMIN, DB = "admin", "dev"
"""What AWS takes where nobody says."""
_LETTERS: Final = string.ascii_letters + string.digits


class Namespaces:
    """By name."""

    def __init__(self, gateway: Gateway, shelves: Shelves) -> None:
        self._gateway, self._shelves = gateway, shelves

    def install(self) -> None:
        for operation, answer in (
            ("CreateNamespace", self.create),
            ("GetNamespace", self.describe),
            ("ListNamespaces", self.list),
            ("UpdateNamespace", self.update),
            ("DeleteNamespace", self.delete),
        ):
            self._gateway.instead(SERVICE, operation, answer)

    @property
    def store(self) -> dict[Key, Thing]:
        return self._gateway.store[NAMESPACES]

    def get(self, call: Call, name: str) -> Thing:
        found = self.store.get(key(call, name))
        if found is None:
            raise missing("namespace", name)
        return found

    # Operations -----------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> dict[str, Any]:
        asked = call.params
        name, id = asked["namespaceName"], str(uuid.uuid4())
        _check(asked)
        made = {
            "namespaceArn": call.arn(SERVICE, f"namespace/{id}"),
            "namespaceId": id,
            "namespaceName": name,
            "dbName": asked.get("dbName") or DB,
            "adminUsername": asked.get("adminUsername") or ADMIN,
            "kmsKeyId": asked.get("kmsKeyId") or "AWS_OWNED_KMS_KEY",
            "iamRoles": sorted(asked.get("iamRoles") or ()),
            "logExports": sorted(asked.get("logExports") or ()),
            "creationDate": now(),
            "status": "AVAILABLE",
            **{one: asked[one] for one in ("defaultIamRoleArn",) if asked.get(one)},
        }
        with self._gateway.locked(SERVICE):
            if key(call, name) in self.store:
                raise conflict(f"The namespace {name} already exists.")
            self.store[key(call, name)] = made
            self._gateway.store[TAGS][made["namespaceArn"]] = as_tags(asked.get("tags"))
        try:
            self._keep_password(call, made, asked)
        except Exception:
            self._forget(call, made)
            raise
        return {"namespace": self._shown(made)}

    def describe(self, call: Call) -> dict[str, Any]:
        return {"namespace": self._shown(self.get(call, call.params["namespaceName"]))}

    def list(self, call: Call) -> dict[str, Any]:
        listed = [self._shown(one) for one in here(call, self.store)]
        return paged("namespaces", listed, call.params, limit=100, spelling=SPELLING)

    def update(self, call: Call) -> dict[str, Any]:
        asked, found = call.params, self.get(call, call.params["namespaceName"])
        _check(asked, name=False)
        self._keep_password(call, found, asked)
        with self._gateway.locked(SERVICE):
            found.update({one: asked[one] for one in SETTINGS if asked.get(one)})
            for one in ("iamRoles", "logExports"):
                if asked.get(one) is not None:
                    found[one] = sorted(asked[one])
        return {"namespace": self._shown(found)}

    def delete(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["namespaceName"])
        if call.params.get("finalSnapshotName"):
            raise invalid("The embedded cloud takes no snapshots of a namespace: leave finalSnapshotName out.")
        groups = self._gateway.store[WORKGROUPS]
        used = [one["workgroupName"] for one in here(call, groups) if one["namespaceName"] == found["namespaceName"]]
        if used:
            raise conflict(f"The namespace {found['namespaceName']} is used by the workgroup {used[0]}.")
        self._forget(call, found)
        self._shelves.drop(found["namespaceId"])
        return {"namespace": {**self._shown(found), "status": "DELETING"}}

    # Inside ---------------------------------------------------------------------------------------------------------

    def _forget(self, call: Call, namespace: Thing) -> None:
        with self._gateway.locked(SERVICE):
            self.store.pop(key(call, namespace["namespaceName"]), None)
            self._gateway.store[TAGS].pop(namespace["namespaceArn"], None)
        self._drop_secret(call, namespace)

    def _keep_password(self, call: Call, namespace: Thing, asked: Mapping[str, Any]) -> None:
        """Either Secrets Manager has the password, and a secret says it, or whoever made the namespace knows it."""
        if asked.get("manageAdminPassword") and not namespace.get("adminPasswordSecretArn"):
            self._make_secret(call, namespace, asked.get("adminPasswordSecretKmsKeyId"))
        elif asked.get("manageAdminPassword") is False:
            self._drop_secret(call, namespace)
        if asked.get("adminUserPassword"):
            self._drop_secret(call, namespace)
            namespace["password"] = asked["adminUserPassword"]

    def _make_secret(self, call: Call, namespace: Thing, kms_key: str | None) -> None:
        namespace["password"] = "".join(secrets.choice(_LETTERS) for _ in range(32))
        known = {"username": namespace["adminUsername"], "password": namespace["password"]}
        made = self._secrets(call).create_secret(
            Name=f"redshift!{namespace['namespaceName']}-{namespace['adminUsername']}",
            Description=f"The administrator of {namespace['namespaceArn']}.",
            SecretString=json.dumps(known),
            **({"KmsKeyId": kms_key} if kms_key else {}),
        )
        namespace["adminPasswordSecretArn"] = made["ARN"]
        if kms_key:
            namespace["adminPasswordSecretKmsKeyId"] = kms_key

    def _drop_secret(self, call: Call, namespace: Thing) -> None:
        arn = namespace.pop("adminPasswordSecretArn", None)
        namespace.pop("adminPasswordSecretKmsKeyId", None)
        if arn:
            self._secrets(call).delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)

    def _secrets(self, call: Call) -> Any:
        """As the service itself, which keeps the secret for its owner."""
        return self._gateway.clients(call.region, call.account_id)("secretsmanager")

    def _shown(self, namespace: Mapping[str, Any]) -> Thing:
        return {name: value for name, value in namespace.items() if name != "password"}


def _check(asked: Mapping[str, Any], *, name: bool = True) -> None:
    if name and not NAME.fullmatch(asked["namespaceName"]):
        raise invalid("A namespace's name has 3 to 64 lower-case letters, digits and hyphens.")
    if asked.get("dbName") and not DB_NAME.fullmatch(asked["dbName"]):
        raise invalid(f"{asked['dbName']} is no name of a database.")
    if asked.get("manageAdminPassword") and asked.get("adminUserPassword"):
        raise invalid("You can't use adminUserPassword when manageAdminPassword is true.")
    strangers = sorted({*(asked.get("logExports") or ())} - {*LOGS})
    if strangers:
        raise invalid(f"{strangers[0]} is no log; logs are {', '.join(LOGS)}.")
    default, roles = asked.get("defaultIamRoleArn"), asked.get("iamRoles")
    if default and roles is not None and default not in roles:
        raise invalid("The default IAM role must be one of the namespace's IAM roles.")
