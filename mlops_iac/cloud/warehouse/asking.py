"""What a call of the Data API asks: in which workgroup and database, as whom, which statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam.callers import Principal
from mlops_iac.cloud.warehouse.places import WORKGROUPS, invalid, key
from mlops_iac.cloud.warehouse.rights import User
from mlops_iac.cloud.warehouse.sql import named
from mlops_iac.cloud.warehouse.workgroups import workgroup_namespace
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.strict_json import NotStrictJson, read_json

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

MOST_BYTES: Final = 100 * 1024
"""Of a statement: https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html (considerations)."""
MOST_STATEMENTS: Final = 40
_LACKING: Final = ("ExecutionMode", "SessionId", "SessionKeepAliveSeconds", "WithEvent")
"""What AWS offers and this cloud does not; a call that asks for it is refused."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    workgroup: str
    namespace: Mapping[str, Any]
    database: str
    user: User
    texts: Sequence[str]
    parameters: Mapping[str, str]
    is_batch: bool


def read_asked(gateway: Gateway, call: Call, who: Principal) -> Asked:
    """Raises `AwsError` as AWS does at once."""
    asked = call.params
    if asked.get("ClusterIdentifier"):
        raise invalid(f"Redshift endpoint doesn't exist in this region: cluster {asked['ClusterIdentifier']}.")
    for one in _LACKING:
        if asked.get(one):
            raise AwsError("NotImplementedException", f"The embedded cloud does not offer {one}; it runs on AWS.", 501)
    if asked.get("ResultFormat", "JSON") != "JSON":
        raise AwsError("NotImplementedException", "The embedded cloud answers in the format JSON only.", 501)
    name = asked.get("WorkgroupName")
    if not name:
        raise invalid("WorkgroupName or ClusterIdentifier must be provided.")
    workgroup = name.rpartition("/")[2]
    namespace = _namespace(gateway, call, workgroup)
    database = asked.get("Database") or namespace["dbName"]
    if database != namespace["dbName"]:
        raise invalid(f'FATAL: database "{database}" does not exist')
    is_batch = "Sqls" in asked
    texts = list(asked["Sqls"]) if is_batch else [asked["Sql"]]
    _check_texts(texts)
    return Asked(
        workgroup=workgroup,
        namespace=namespace,
        database=database,
        user=_user(gateway, call, who, namespace),
        texts=texts,
        parameters=_parameters(asked.get("Parameters") or (), texts),
        is_batch=is_batch,
    )


def _namespace(gateway: Gateway, call: Call, workgroup: str) -> Mapping[str, Any]:
    store = gateway.store
    found = workgroup_namespace(store, key(call, workgroup))
    if found is None:  # an id, the last part of its ARN
        groups = store[WORKGROUPS].values()
        by_id = next((one["workgroupName"] for one in groups if one["workgroupId"] == workgroup), "")
        found = workgroup_namespace(store, key(call, by_id))
    if found is None:
        raise invalid(f"Redshift endpoint doesn't exist in this region: workgroup {workgroup}.")
    return found


def _check_texts(texts: Sequence[str]) -> None:
    if not 1 <= len(texts) <= MOST_STATEMENTS:
        raise invalid(f"Sqls has {len(texts)} statements; it may have 1 to {MOST_STATEMENTS}.")
    if any(len(text.encode()) > MOST_BYTES for text in texts):
        raise invalid(f"Cannot process query string larger than {MOST_BYTES // 1024} KB.")
    if any(not text.strip() for text in texts):
        raise invalid("SQL must not be empty.")


def _parameters(given: Sequence[Mapping[str, str]], texts: Sequence[str]) -> dict[str, str]:
    found = {one["name"]: one["value"] for one in given}
    unused = sorted(found.keys() - set().union(*map(named, texts))) if found else []
    if unused:
        raise invalid(f"Parameters list contains unused parameters. Unused parameters: {unused}")
    return found


def _user(gateway: Gateway, call: Call, who: Principal, namespace: Mapping[str, Any]) -> User:
    """Whom the database takes the caller for: the administrator with the secret, else a user of its own."""
    secret = call.params.get("SecretArn")
    if not secret:
        return User(f"{'IAMR' if who.kind == 'role' else 'IAM'}:{who.name}")
    if call.params.get("DbUser"):
        raise invalid("DbUser and SecretArn cannot be used together.")
    client = gateway.roles.as_caller(call)("secretsmanager")
    try:
        known = read_json(client.get_secret_value(SecretId=secret)["SecretString"])
    except client.exceptions.ClientError as error:
        raise invalid(f"The secret cannot be read: {error.response['Error'].get('Message', '')}") from error
    except NotStrictJson:
        known = None
    if not isinstance(known, dict):
        raise invalid(f"The secret {secret} is no JSON object.")
    right = (namespace["adminUsername"], namespace.get("password"))
    if (known.get("username"), known.get("password")) != right:
        raise invalid(f'FATAL: password authentication failed for user "{known.get("username")}"')
    return User(namespace["adminUsername"], superuser=True)
