"""A stack's state as a Pulumi checkpoint: JSON, version 3. Pure: text in, snapshot out, and back.

Source: pulumi/pulumi, ``sdk/go/common/apitype`` (CheckpointV3, DeploymentV3, ResourceV3); held to a recorded one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import StateError
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.deciding.graph import find_cycle
from mlops_iac.engine.state import old_checkpoints
from mlops_iac.engine.state.record import Record, now
from mlops_iac.engine.state.shapes import check_deployment
from mlops_iac.engine.state.snapshot import Pending, Snapshot
from mlops_iac.engine.values import signatures as sig
from mlops_iac.engine.values.secrets import PassphraseManager, SealedSecret
from mlops_iac.engine.values.value import UNKNOWN, Secret
from mlops_iac.engine.values.wire import marked, unmarked

VERSION = 3
ORGANIZATION = "organization"
"""What Pulumi's self-managed backends call the one organisation they have."""

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Any]

_FIELDS = {
    "urn": "urn",
    "custom": "custom",
    "delete": "delete",
    "id": "id",
    "type": "type",
    "inputs": "inputs",
    "outputs": "outputs",
    "parent": "parent",
    "protect": "protect",
    "external": "external",
    "dependencies": "dependencies",
    "initErrors": "init_errors",
    "provider": "provider",
    "propertyDependencies": "property_dependencies",
    "pendingReplacement": "pending_replacement",
    "additionalSecretOutputs": "additional_secret_outputs",
    "retainOnDelete": "retain_on_delete",
    "customTimeouts": "custom_timeouts",
    "importID": "import_id",
    "deletedWith": "deleted_with",
    "replaceWith": "replace_with",
    "created": "created",
    "modified": "modified",
    "ignoreChanges": "ignore_changes",
    "hideDiff": "hide_diffs",
    "replaceOnChanges": "replace_on_changes",
    "replacementTrigger": "replacement_trigger",
    "resourceHooks": "hooks",
}
"""Checkpoint key to field of `Record`, in the order in which Pulumi writes them."""

_LISTS = (
    "dependencies",
    "init_errors",
    "additional_secret_outputs",
    "replace_with",
    "ignore_changes",
    "hide_diffs",
    "replace_on_changes",
)
_VALUES = ("inputs", "outputs", "replacement_trigger")
"""Fields that hold property values, in which there may be secrets."""


def encoder(manager: PassphraseManager) -> Encode:
    """Values to JSON, secrets encrypted."""

    def encode(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: encode(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [encode(item) for item in value]
        if isinstance(value, Secret):
            return {sig.KEY: sig.SECRET, "ciphertext": manager.seal(value)}
        return value if value is None or isinstance(value, str | int | float | bool) else encode(marked(value))

    return encode


def decoder(manager: PassphraseManager) -> Decode:
    """JSON to values; secrets stay sealed until somebody looks at them."""

    def decode(value: Any) -> Any:
        if isinstance(value, list):
            return [decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get(sig.KEY) == sig.SECRET:
            clear = value.get("plaintext")  # of an export that shows its secrets
            return Secret(decode_clear(clear, decode)) if clear else SealedSecret(value["ciphertext"], manager)
        values = {key: decode(item) for key, item in value.items()}
        return unmarked(values) if sig.KEY in values else values

    return decode


def decode_clear(text: str, decode: Decode) -> Any:
    """The value of a secret that an export shows: JSON in a string, which may hold assets and the like."""
    return decode(read_json(text))


def show(value: Any) -> Any:
    """Values to JSON for people: secrets as ``[secret]``, and Pulumi's own text for what is not known."""
    if isinstance(value, dict):
        return {key: show(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [show(item) for item in value]
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return sig.UNKNOWN_TEXT
    return value if value is None or isinstance(value, str | int | float | bool) else show(marked(value))


def record_json(record: Record, encode: Encode) -> dict[str, Any]:
    """One resource. What is empty or false is left out, as Pulumi does; ``custom`` and ``type`` are always there."""
    fields: dict[str, Any] = {}
    for key, name in _FIELDS.items():
        value = getattr(record, name)
        if name in _VALUES:
            value = encode(value) if value or name == "replacement_trigger" else None
        elif name in _LISTS:
            value = list(value)
        if value or name in ("custom", "type") or (name == "replacement_trigger" and value is not None):
            fields[key] = value
    return {**fields, **record.extra}


def record_of(fields: Mapping[str, Any], decode: Decode) -> Record:
    known: dict[str, Any] = {}
    for key, name in _FIELDS.items():
        if fields.get(key) is not None or (key in fields and name in _VALUES):
            value = fields[key]
            if name in _VALUES:
                value = decode({} if value is None and name != "replacement_trigger" else value)
            if name == "property_dependencies":
                value = {key: listed or [] for key, listed in value.items()}
            if name == "hooks":
                value = {moment: tuple(names) for moment, names in value.items()}
            known[name] = tuple(value or ()) if name in _LISTS else value
    known.setdefault("custom", False)
    return Record(**known, extra={key: value for key, value in fields.items() if key not in _FIELDS})


def pending_json(pending: Pending, encode: Encode) -> dict[str, Any]:
    return {"resource": record_json(pending.record, encode), "type": pending.kind}


def pending_of(fields: Mapping[str, Any], decode: Decode) -> Pending:
    return Pending(kind=fields["type"], record=record_of(fields["resource"], decode))


def render(snapshot: Snapshot, manager: PassphraseManager, *, project: str, stack: str) -> str:
    """The whole checkpoint as text."""
    latest = deployment_json(snapshot, manager, encoder(manager))
    checkpoint = {"stack": f"{ORGANIZATION}/{project}/{stack}", "latest": latest}
    return json.dumps({"version": VERSION, "checkpoint": checkpoint}, indent=1, ensure_ascii=False) + "\n"


def deployment_json(snapshot: Snapshot, manager: PassphraseManager, encode: Encode) -> dict[str, Any]:
    """What a checkpoint calls ``latest`` and an export ``deployment``."""
    resources = [record_json(record, encode) for record in snapshot.ordered()]
    pending = [pending_json(operation, encode) for operation in snapshot.pending.values()]
    latest: dict[str, Any] = {"manifest": {"time": now(), "magic": "", "version": ""}}
    if manager.has_state:
        latest["secrets_providers"] = {"type": "passphrase", "state": {"salt": manager.state}}
    if resources:
        latest["resources"] = resources
    if pending:
        latest["pending_operations"] = pending
    latest["metadata"] = dict(snapshot.metadata)
    return latest


def parse(
    text: str, passphrase: Callable[[], str], *, place: str, strict: bool = True
) -> tuple[Snapshot, PassphraseManager]:
    """Read a checkpoint. ``place`` names the file in messages. Raises StateError; nothing is changed.

    Without ``strict``, what the resources say of each other may be wrong: for who wants to mend it.
    """
    return read_deployment(_latest(text, place), passphrase, place=place, strict=strict)


def read_deployment(
    latest: Mapping[str, Any], passphrase: Callable[[], str], *, place: str, strict: bool = True
) -> tuple[Snapshot, PassphraseManager]:
    """Read what is inside a checkpoint, or inside what `pulumi stack export` wrote. Raises StateError."""
    provider = latest.get("secrets_providers") or {}
    if provider.get("type", "passphrase") != "passphrase":
        raise StateError(
            "The stack's secrets cannot be read.",
            f"{place}: its secrets provider is `{provider['type']}`; only `passphrase` is known here.",
            hint="change it with `pulumi stack change-secrets-provider passphrase`.",
        )
    manager = PassphraseManager(passphrase, (provider.get("state") or {}).get("salt", ""))
    snapshot = read_resources(latest, decoder(manager), place=place, strict=strict)
    snapshot.salt = manager.state if manager.has_state else ""
    return snapshot, manager


def read_resources(latest: Mapping[str, Any], decode: Decode, *, place: str, strict: bool = True) -> Snapshot:
    """The resources and pending operations of a deployment. Raises StateError."""
    try:
        records = [record_of(fields, decode) for fields in latest.get("resources") or ()]
        pending = [pending_of(fields, decode) for fields in latest.get("pending_operations") or ()]
        for record in records:
            urns.parse(record.urn)
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise damaged(place, f"a resource in it is not complete: {error}") from error
    if strict:
        check(records, place)
    return Snapshot(
        records=dict(enumerate(records)),
        pending=dict(enumerate(pending, start=len(records))),
        metadata=latest.get("metadata") or {},
    )


def _latest(text: str, place: str) -> dict[str, Any]:
    try:
        document = read_json(text, finite=False)
        version = document.get("version", 0)
        checkpoint = document["checkpoint"] if version else document
        latest = checkpoint["latest"] if version in (0, None) else checkpoint.get("latest")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(place, f"it is not a whole checkpoint: {error}") from error
    return at_this_version(latest or {}, version, place, features=document.get("features"))


def at_this_version(latest: Any, version: Any, place: str, *, features: Any = None) -> dict[str, Any]:
    """A deployment of any version up to ours, as ours has it. Raises StateError for a newer one."""
    if not isinstance(version, int) or isinstance(version, bool) or not isinstance(latest, dict) or version < 0:
        raise damaged(place, f"checkpoint version {version!r} is not known")
    if version > VERSION:
        needs = f" It needs {', '.join(map(str, features))}." if isinstance(features, list) and features else ""
        raise StateError(
            "The state is newer than this program.",
            f"{place}: checkpoint version {version}; this program knows up to {VERSION}.{needs} Nothing was changed.",
            hint="upgrade mlops-iac.",
        )
    try:
        deployment = latest if version == VERSION else old_checkpoints.upgrade(latest, version)
        check_deployment(deployment)
        return deployment
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise damaged(place, f"a resource in it is not complete: {error}") from error


def check(records: list[Record], place: str) -> None:
    """What a state must hold to be worked with: no two live resources of one URN, nothing that points nowhere.

    Raises StateError naming the first that is wrong.
    """
    live: set[str] = set()
    for record in records:
        if record.urn in live and not record.delete:
            raise damaged(place, f"{record.urn} is in it twice")
        live |= set() if record.delete else {record.urn}
    seen = {record.urn for record in records}
    for record in records:
        missing = sorted(record.needs() - seen)
        if missing:
            raise damaged(place, f"{record.urn} needs {missing[0]}, which is not in it")
    cycle = find_cycle({record.urn: record.needs() for record in records if not record.delete})
    if cycle:
        raise damaged(place, f"resources in it need each other: {' → '.join(cycle)}")


class Damaged(StateError):
    """A state that does not hold together."""

    def with_backup(self, copy: Path) -> Damaged:
        """The same error, naming a copy that is good."""
        hint = f"the newest good copy is {copy}: put it in the place of the damaged file, and run `refresh`."
        return type(self)(self.summary, self.detail, hint=hint)


def damaged(place: str, why: str) -> Damaged:
    return Damaged(
        "The state is damaged.",
        f"{place}: {why}. Nothing was changed.",
        hint="restore the newest good copy from `.pulumi/backups`, or the `.bak` file beside it.",
    )
