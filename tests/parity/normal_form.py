"""What an engine answered, with all taken out that may differ: ids, times, positions, the words of messages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mlops_iac.engine.event import Op, Result, Step
from mlops_iac.engine.state.state_file import decoder
from mlops_iac.engine.values.secrets import PassphraseManager
from mlops_iac.engine.values.value import Secret, reveal
from tests.parity.operations import PROJECT, STACK, Case

HERE = f"urn:pulumi:{STACK}::{PROJECT}::"

# Each with its reason. Order matters: the longer first.
VOLATILE: tuple[tuple[str, str], ...] = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),  # ids of providers and keys
    (r"(:secret:[\w/-]+?-)[A-Za-z0-9]{6}(?=\||$)", r"\1<six>"),  # ARNs of secrets
    (r"(?<=-)[0-9a-f]{17}\b", "<hex>"),  # ids that EC2 gives
    (r"(?<=-)[0-9a-f]{7}\b", "<hex>"),  # automatic names
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", "<time>"),
)

NOT_COMPARED = ("created", "modified", "sourcePosition", "stackTrace")
"""Fields of a resource in state: times, and where the program registered it, which only the CLI records."""


def operation_form(case: Case, result: Result, exit_code: int) -> dict[str, Any]:
    """What an operation did: its steps in order, its counts, what failed."""
    steps = [step_form(step) for step in result.steps if is_told(step)]
    if not case.is_ordered:
        steps.sort(key=lambda step: str(step["urn"]))
    return {
        "exit": exit_code,
        "outcome": result.outcome,
        "changes": {op: count for op, count in sorted(result.changes.items()) if count},
        "steps": steps,
        "failures": sorted(short(failure.step.urn) for failure in result.failures),
    }


def is_told(step: Step) -> bool:
    """Default providers are nobody's resources; what becomes of explicit ones is seen in the state."""
    return not step.type.startswith("pulumi:providers:")


def step_form(step: Step) -> dict[str, Any]:
    form: dict[str, Any] = {"op": str(step.op), "urn": short(step.urn)}
    if step.op is not Op.CREATE_REPLACEMENT:  # the replace that goes with it tells the same
        if step.diff:
            form["diff"] = {path: change.kind for path, change in sorted(step.diff.items())}
        if step.replace_reasons:
            form["reasons"] = sorted(step.replace_reasons)
    if step.op in (Op.CREATE, Op.UPDATE, Op.CREATE_REPLACEMENT) and step.new and step.new.get("inputs"):
        form["inputs"] = steady(step.new["inputs"])
    return form


def state_form(checkpoint: str, passphrase: str) -> list[dict[str, Any]]:
    """The resources of a checkpoint; secrets decrypted, because a ciphertext never comes twice."""
    latest = json.loads(checkpoint)["checkpoint"]["latest"] or {}
    salt = ((latest.get("secrets_providers") or {}).get("state") or {}).get("salt", "")
    read = decoder(PassphraseManager(lambda: passphrase, salt))
    resources = [_resource_form(resource, read) for resource in latest.get("resources") or ()]
    return sorted(resources, key=lambda resource: (resource["urn"], resource.get("delete", False)))


def _resource_form(fields: Mapping[str, Any], read: Any) -> dict[str, Any]:
    form = {key: value for key, value in fields.items() if key not in NOT_COMPARED}
    for key in ("inputs", "outputs"):
        if key in form:
            form[key] = _with_secrets_marked(read(form[key]))
    for key in ("urn", "parent"):
        if form.get(key):
            form[key] = short(form[key])
    if "dependencies" in form:
        form["dependencies"] = sorted(map(short, form["dependencies"]))
    if "propertyDependencies" in form:
        groups = form["propertyDependencies"]
        # Those that name nothing are left out: a refresh of the CLI forgets them.
        form["propertyDependencies"] = {key: sorted(map(short, group)) for key, group in groups.items() if group}
    return {key: value for key, value in sorted(steady(form).items()) if value not in ({}, [])}


def _with_secrets_marked(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"secret": reveal(value)}
    if isinstance(value, dict):
        return {key: _with_secrets_marked(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [_with_secrets_marked(item) for item in value]
    return value


def short(urn: str) -> str:
    return urn.removeprefix(HERE)


def steady(value: Any) -> Any:
    """The value with what is volatile in its texts replaced by a word for it."""
    if isinstance(value, str):
        for pattern, word in VOLATILE:
            value = re.sub(pattern, word, value)
        return value.replace(HERE, "")
    if isinstance(value, Mapping):
        return {key: steady(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [steady(item) for item in value]
    return value
