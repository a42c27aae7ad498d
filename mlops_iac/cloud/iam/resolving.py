"""Names that stand for something else in an ARN: aliases of keys, names of secrets, a role's path.

Callers hold the gateway's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mlops_iac.cloud.athena.queries import STORE as QUERIES
from mlops_iac.cloud.iam.requirements import Place
from mlops_iac.cloud.warehouse.places import NAMESPACES, WORKGROUPS

Store = Mapping[str, dict[Any, Any]]


def resolver(place: Place, store: Store) -> Callable[[str, str], str | None]:
    """Looks names up in one account and region: ``resolve("key", "alias/lake")`` is the key's id.

    ``store`` is what the cloud keeps beside moto: `Gateway.store`.
    """

    def resolve(what: str, name: str) -> str | None:
        if what == "query":
            return _workgroup(store[QUERIES].get((place.account, place.region, name)))
        if what in _WAREHOUSE:
            return _id_in_warehouse(what, name, place, store)
        return _RESOLVERS[what](name, place)

    return resolve


def key_arn(key: str, place: Place) -> str:
    """The ARN of a key that is named by its ARN, its id or an alias."""
    if ":key/" in key:
        return key
    return f"arn:{place.partition}:kms:{place.region}:{place.account}:key/{_key_id(key, place)}"


def _key_id(name: str, place: Place) -> str | None:
    from moto.kms.models import kms_backends

    found = kms_backends[place.account][place.region].any_id_to_key_id(name)
    return str(found) if found else None


def _secret(name: str, place: Place) -> str | None:
    """A secret's ARN ends in six letters that its name does not tell."""
    from moto.secretsmanager.models import secretsmanager_backends

    secrets = secretsmanager_backends[place.account][place.region].secrets
    secret = next((each for each in secrets.values() if name in (each.name, each.arn)), None)
    return str(secret.arn).split(":secret:", 1)[1] if secret else None


def _role(name: str, place: Place) -> str | None:
    from moto.iam.models import iam_backends

    roles = iam_backends[place.account][place.partition].roles.values()
    role = next((each for each in roles if each.name == name), None)
    return f"{role.path}{name}".removeprefix("/") if role else name


def _workgroup(query: Mapping[str, Any] | None) -> str | None:
    """The workgroup that an Athena query was asked in."""
    return str(query["WorkGroup"]) if query else None


def _id_in_warehouse(what: str, name: str, place: Place, store: Store) -> str | None:
    """The id of a workgroup or a namespace, which its ARN ends in; None before there is one."""
    bare = name.rpartition("/")[2]
    found = store[_WAREHOUSE[what]].get((place.account, place.region, bare))
    if found is None:
        return bare if bare != name else None
    return str(found[f"{what}Id"])


def _function(name: str, place: Place) -> str | None:
    """A function's name out of its ARN, with or without a qualifier."""
    return name.split(":function:", 1)[-1].split(":", 1)[0]


_WAREHOUSE: Final = {"namespace": NAMESPACES, "workgroup": WORKGROUPS}

_RESOLVERS: Final[dict[str, Callable[[str, Place], str | None]]] = {
    "function": _function,
    "key": _key_id,
    "role": _role,
    "secret": _secret,
}
