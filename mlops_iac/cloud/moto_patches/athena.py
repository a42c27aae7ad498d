"""Athena: UpdateWorkGroup, which moto lacks, and work groups that are gone (moto answers 200 with nothing)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_REMOVES = {
    "RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery",
    "RemoveCustomerContentEncryptionConfiguration": "CustomerContentEncryptionConfiguration",
    "ResultConfigurationUpdates": "ResultConfiguration",
}


def apply(gateway: Gateway) -> None:
    gateway.instead("athena", "UpdateWorkGroup", lambda call: _update(gateway, call))
    gateway.before("athena", "GetWorkGroup", lambda call: _check(gateway, call))
    gateway.before("athena", "DeleteWorkGroup", lambda call: _check(gateway, call))


def _get(call: Call) -> Any:
    from moto.athena.models import athena_backends

    group = athena_backends[call.account_id][call.region].work_groups.get(call.params["WorkGroup"])
    if group is None:
        raise AwsError("InvalidRequestException", f"WorkGroup {call.params['WorkGroup']} is not found.")
    return group


def _check(gateway: Gateway, call: Call) -> None:
    with gateway.locked("athena"):
        _get(call)


def _update(gateway: Gateway, call: Call) -> dict[str, Any]:
    """Only what is sent changes. The updates structure differs from the configuration by its words for removing."""
    with gateway.locked("athena"):
        group = _get(call)
        if call.params.get("Description") is not None:
            group.description = call.params["Description"]
        if call.params.get("State") is not None:
            group.state = call.params["State"]
        _apply_updates(group.configuration, call.params.get("ConfigurationUpdates") or {})
    return {}


def _apply_updates(configuration: dict[str, Any], updates: dict[str, Any]) -> None:
    for name, value in updates.items():
        if name == "ResultConfigurationUpdates":
            _update_results(configuration.setdefault("ResultConfiguration", {}), value)
        elif name in _REMOVES:
            if value:
                configuration.pop(_REMOVES[name], None)
        elif name == "EngineVersion":
            selected = value.get("SelectedEngineVersion", "AUTO")
            effective = "Athena engine version 3" if selected == "AUTO" else selected
            configuration[name] = {"SelectedEngineVersion": selected, "EffectiveEngineVersion": effective}
        else:
            configuration[name] = value


def _update_results(results: dict[str, Any], updates: dict[str, Any]) -> None:
    for name, value in updates.items():
        if not name.startswith("Remove"):
            results[name] = value
        elif value:
            results.pop(name.removeprefix("Remove"), None)
