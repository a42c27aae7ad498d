"""Provider resources: the default one of each package, explicit ones, and the scope of a call that they decide."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.urns import ProviderReference
from mlops_iac.engine.doing.operation import Operation, make_step, now_is
from mlops_iac.engine.event import Op
from mlops_iac.engine.handler import Package, Scope, package_of
from mlops_iac.engine.program.goal import Goal
from mlops_iac.engine.state.record import Record, now, record_of
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.engine.values.value import UNKNOWN, Secret, reveal


class Providers:
    """The provider resources that this operation has met."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._lock = threading.Lock()
        self._defaults: dict[tuple[str, str], str] = {}
        self._inputs: dict[str, Mapping[str, Any]] = {}
        self._scopes: dict[str, Scope] = {}
        """By reference: made once, asked for by every call."""
        self.seen: set[str] = set()

    def default(self, package: str, version: str) -> str:
        """The reference (``<urn>::<id>``) of a package's default provider; it is recorded when first used."""
        with self._lock:
            key = (package, version)
            if key not in self._defaults:
                self._defaults[key] = self._settle_default(package, version)
            return self._defaults[key]

    def settled(self, record: Record) -> str:
        """A provider was registered; answers its reference."""
        reference = str(ProviderReference(record.urn, record.id or UNKNOWN_TEXT))
        self.seen.add(record.urn)
        self._inputs[reference] = record.inputs
        self._scopes.pop(reference, None)
        return reference

    def settle(self, urn: str, goal: Goal, old: Record | None) -> Record:
        """Record an explicit provider, its inputs as Pulumi keeps them. Raises what its package refuses."""
        version = {"version": goal.version} if goal.version else {}
        return self._settle(urn, goal, {"__internal": {}, **goal.inputs, **version}, old)

    def place(self, reference: str) -> dict[str, Any]:
        """The settings of a provider that say where its resources are; those it leaves out are the stack's."""
        package = self._package(ProviderReference.parse(reference).type)
        settings = self._settings(reference, package)
        return {key: settings[key] for key in sorted(package.identity) if key in settings}

    def scope(self, reference: str | None, token: str) -> Scope:
        """Of a call about a type, by its provider; by what the stack says where a record of old names none."""
        key = reference or package_of(token)
        if key not in self._scopes:
            operation = self._operation
            package = self._package(ProviderReference.parse(reference).type if reference else token)
            settings = self._settings(reference, package) if reference else self._default_inputs(package.name, "")
            self._scopes[key] = package.scope(operation.stack, operation.project, reveal(settings))
        return self._scopes[key]

    def _settings(self, reference: str, package: Package) -> dict[str, Any]:
        inputs = self._inputs.get(reference)
        if inputs is None:
            inputs = self._inputs_in_state(reference)
        defaults = {key: self._operation.config.get(f"{package.name}:{key}") for key in package.identity}
        said = {key: value for key, value in reveal(inputs).items() if value is not None and value is not UNKNOWN}
        return {key: value for key, value in {**defaults, **said}.items() if value is not None}

    def _package(self, token: str) -> Package:
        return self._operation.provider.package(package_of(token))

    def _inputs_in_state(self, reference: str) -> Mapping[str, Any]:
        """Of the very provider a resource was made with, which may have been replaced since."""
        asked = ProviderReference.parse(reference)
        found = [record for record in self._operation.snapshot if (record.urn, record.id) == asked]
        return found[0].inputs if found else {}

    def _settle_default(self, package: str, version: str) -> str:
        operation = self._operation
        name = f"default_{version.replace('.', '_')}" if version else "default"
        goal = Goal(type=f"pulumi:providers:{package}", name=name, inputs=self._default_inputs(package, version))
        urn = urns.make(operation.stack, operation.project, goal.type, name)
        record = self._settle(urn, goal, {"__internal": {}, **goal.inputs}, operation.snapshot.find(urn))
        return self.settled(record)

    def _settle(self, urn: str, goal: Goal, inputs: dict[str, Any], old: Record | None) -> Record:
        package = self._package(goal.type)
        package.check_settings(reveal(goal.inputs))
        record = settle_provider(self._operation, urn, goal, inputs, old, package.identity)
        self.settled(record)
        return record

    def _default_inputs(self, package: str, version: str) -> dict[str, Any]:
        prefix = f"{package}:"
        settings: dict[str, Any] = {
            key.removeprefix(prefix): Secret(value) if key in self._operation.secret_config else value
            for key, value in self._operation.config.items()
            if key.startswith(prefix)
        }
        return {**settings, "version": version} if version else settings


def settle_provider(
    operation: Operation, urn: str, goal: Goal, inputs: dict[str, Any], old: Record | None, identity: frozenset[str]
) -> Record:
    """Record a provider resource. It is a record and nothing else: no call stands behind it.

    One that points at another place now is another provider, with an id of its own: what was made with the old one is
    still deleted with the old one.
    """
    op = _op(inputs, old, identity)
    record = replace(record_of(goal, urn, inputs=inputs, provider=None, old=old), outputs=_without_internal(inputs))
    if op is not Op.SAME:
        operation.before_change()
    step = make_step(op, old=old, new=replace(record, outputs={}))
    began = operation.begin(step)
    if old is not None and op is Op.SAME:
        record = old
    else:
        record = _made(record, old if op is Op.UPDATE else None, dry=operation.dry)
        _keep(operation, record, old, beside=op is Op.REPLACE)
    operation.done(step if operation.dry else now_is(step, record), began)
    return record


def _op(inputs: dict[str, Any], old: Record | None, identity: frozenset[str]) -> Op:
    if old is None:
        return Op.CREATE
    if reveal(old.inputs) == reveal(inputs):
        return Op.SAME
    moved = any(reveal(old.inputs.get(key)) != reveal(inputs.get(key)) for key in identity)
    return Op.REPLACE if moved else Op.UPDATE


def _keep(operation: Operation, record: Record, old: Record | None, *, beside: bool) -> None:
    """Write the record: in the place of the old one, or beside it, which then waits to be deleted."""
    snapshot, journal = operation.snapshot, operation.journal
    key = snapshot.find_key(record.urn)
    if journal is None:
        return
    if key is None or old is None:
        journal.end(None, put={snapshot.new_key(): record})
    elif beside:
        journal.end(None, put={key: replace(old, delete=True), snapshot.new_key(): record})
    else:
        journal.end(None, put={key: record})


def _made(record: Record, old: Record | None, *, dry: bool) -> Record:
    time = now()
    id = old.id if old else "" if dry else str(uuid.uuid4())
    return replace(record, id=id, created=old.created if old else time, modified=time)


def _without_internal(inputs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != "__internal"}
