"""Provider resources: the default one of each package, explicit ones, and the scope of a call that they decide."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import PlanError
from mlops_iac.engine.event import Op
from mlops_iac.engine.goal import Goal
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.operation import Operation, make_step, now_is
from mlops_iac.engine.record import Record, now, record_of
from mlops_iac.engine.signatures import UNKNOWN_TEXT
from mlops_iac.engine.values import Secret, has_unknown, reveal

REFUSED_INPUTS = ("defaultTags", "ignoreTags", "assumeRoles", "assumeRoleWithWebIdentity")
"""Settings of a provider that would change what is made. How a provider reaches AWS does not matter here."""


class Providers:
    """The provider resources that this operation has met."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._lock = threading.Lock()
        self._defaults: dict[tuple[str, str], str] = {}
        self._inputs: dict[str, Mapping[str, Any]] = {}
        self.seen: set[str] = set()

    def default(self, package: str, version: str) -> str:
        """The reference (``<urn>::<id>``) of a package's default provider; it is recorded when first used."""
        with self._lock:
            key = (package, version)
            if key not in self._defaults:
                self._defaults[key] = self._settle_default(package, version)
            return self._defaults[key]

    def settled(self, urn: str, inputs: Mapping[str, Any]) -> None:
        """An explicit provider was registered."""
        self.seen.add(urn)
        self._inputs[urn] = inputs

    def check(self, goal: Goal) -> dict[str, Any]:
        """The inputs of an explicit provider, as Pulumi keeps them. Raises PlanError for what is not honoured."""
        refused = [name for name in REFUSED_INPUTS if name in goal.inputs]
        if refused:
            raise PlanError(
                "Provider option is not supported here.",
                f"`{goal.name}` sets `{'`, `'.join(refused)}`, which the embedded engine does not honour.",
                hint="set it on the resources themselves.",
            )
        version = {"version": goal.version} if goal.version else {}
        return {"__internal": {}, **goal.inputs, **version}

    def region(self, reference: str | None) -> str:
        """The region a provider reference points at; the stack's when the provider names none."""
        default = self._operation.config.get("aws:region", "")
        if not reference:
            return default
        urn = reference.rsplit("::", 1)[0]
        inputs = self._inputs.get(urn)
        if inputs is None:
            record = self._operation.snapshot.find(urn)
            inputs = record.inputs if record else {}
        region = reveal(inputs.get("region", default))
        return default if has_unknown(region) else str(region or default)

    def scope(self, reference: str | None) -> Scope:
        operation = self._operation
        return Scope(
            stack=operation.stack,
            project=operation.project,
            region=self.region(reference),
            account_id=operation.provider.account_id,
        )

    def _settle_default(self, package: str, version: str) -> str:
        operation = self._operation
        name = f"default_{version.replace('.', '_')}" if version else "default"
        goal = Goal(type=f"pulumi:providers:{package}", name=name, inputs=self._default_inputs(package, version))
        urn = urns.make(operation.stack, operation.project, goal.type, name)
        old = operation.snapshot.find(urn)
        record = settle_provider(operation, urn, goal, {"__internal": {}, **goal.inputs}, old)
        self.settled(urn, record.inputs)
        return f"{urn}::{record.id or UNKNOWN_TEXT}"

    def _default_inputs(self, package: str, version: str) -> dict[str, Any]:
        prefix = f"{package}:"
        settings: dict[str, Any] = {
            key.removeprefix(prefix): Secret(value) if key in self._operation.secret_config else value
            for key, value in self._operation.config.items()
            if key.startswith(prefix)
        }
        return {**settings, "version": version} if version else settings


def settle_provider(operation: Operation, urn: str, goal: Goal, inputs: dict[str, Any], old: Record | None) -> Record:
    """Record a provider resource. It is a record and nothing else: no call stands behind it."""
    record = record_of(goal, urn, inputs=inputs, provider=None, old=old)
    outputs = {key: value for key, value in inputs.items() if key != "__internal"}
    op = Op.CREATE if old is None else Op.SAME if reveal(old.inputs) == reveal(inputs) else Op.UPDATE
    step = make_step(op, old=old, new=record)
    began = operation.begin(step)
    if op == Op.SAME and old is not None:
        record = old
        key = operation.snapshot.find_key(urn)
        if key is not None:
            operation.snapshot.touch(key)
    else:
        record = _made(record, old, outputs, dry=operation.dry)
        if operation.journal is not None:
            known = operation.snapshot.find_key(urn)
            operation.journal.end(None, put={operation.snapshot.new_key() if known is None else known: record})
    operation.done(step if operation.dry else now_is(step, record), began)
    return record


def _made(record: Record, old: Record | None, outputs: dict[str, Any], *, dry: bool) -> Record:
    id = old.id if old else "" if dry else str(uuid.uuid4())
    time = now()
    return replace(record, id=id, outputs=outputs, created=old.created if old else time, modified=time)
