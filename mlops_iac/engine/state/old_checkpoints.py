"""Checkpoints of earlier Pulumi versions, brought to version 3. Pure: documents in, documents out.

version    what differs from the one after it
0          a version 1 that stands in the file alone, from before checkpoints said their version
1          resources have `defaults`, which nothing reads, and no provider
2          no dependencies property by property: every input is taken to depend on all that the resource depends on

Source: pulumi/pulumi, ``sdk/go/common/apitype`` and ``sdk/go/common/apitype/migrate``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

VERSIONS = range(3)
"""The versions that `upgrade` knows."""

Fields = Mapping[str, Any]


def upgrade(latest: Fields, version: int) -> dict[str, Any]:
    """The deployment of a checkpoint (or an export) of an old version, as version 3 has it.

    Raises KeyError, TypeError or AttributeError when it is not whole.
    """
    if version < 2:
        latest = _each_resource(latest, _without_defaults)
    return _each_resource(latest, _with_property_dependencies)


def _each_resource(latest: Fields, change: Callable[[Fields], dict[str, Any]]) -> dict[str, Any]:
    resources = [change(fields) for fields in latest.get("resources") or ()]
    pending = [
        {**operation, "resource": change(operation["resource"])} for operation in latest.get("pending_operations") or ()
    ]
    return {**latest, "resources": resources, "pending_operations": pending}


def _without_defaults(fields: Fields) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != "defaults"}


def _with_property_dependencies(fields: Fields) -> dict[str, Any]:
    needed = list(fields.get("dependencies") or ())
    return {**fields, "propertyDependencies": {key: list(needed) for key in fields.get("inputs") or {}}}
