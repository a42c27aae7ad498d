"""A plan as a file: what a preview showed, so that an `up` can do that and nothing else.

The file has the shape of Pulumi's update plans (``manifest``, ``config``, ``resourcePlans``; held to a recorded one).
What Pulumi's has no place for stands under ``mlops-iac``: which stack it is for, what its state was, and the salt of
its secrets. Mode 0600; secrets are encrypted, as in a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_iac.core.errors import PlanError, StateError
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.program.goal import Goal
from mlops_iac.engine.state.files import write_asked_for
from mlops_iac.engine.state.record import Record, now
from mlops_iac.engine.state.state_file import Encode, decoder, encoder, record_json, show
from mlops_iac.engine.values.secrets import PassphraseManager
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.engine.values.value import UNKNOWN, Secret, has_unknown

OURS = "mlops-iac"
"""The key that Pulumi's plans do not have."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One resource."""

    steps: tuple[str, ...]
    op: str = ""
    """What was decided; empty for what no decision is made about: components, providers, reads."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """As they were checked; what only an `up` can know is unknown in it."""
    goal: Goal | None = None
    """Only while it is being made."""
    old: Record | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SavedPlan:
    """A whole plan."""

    stack: str
    """``organization/<project>/<stack>``."""
    config: Mapping[str, Any]
    resources: Mapping[str, Planned]
    state: Mapping[str, str]
    """URN to a digest of what was known of it."""


def state_digests(records: Iterable[Record]) -> dict[str, str]:
    """What tells whether a state moved. Secrets do not go into it: a changed one shows in the time of the change."""
    lines: dict[str, list[str]] = {}
    for record in records:
        lines.setdefault(record.urn, []).append(json.dumps(record_json(record, show), sort_keys=True, default=str))
    return {
        urn: hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:16] for urn, texts in sorted(lines.items())
    }


def save_plan(path: Path, plan: SavedPlan, manager: PassphraseManager) -> None:
    """Write it; raises UsageError when that cannot be done."""
    encode = encoder(manager)
    document: dict[str, Any] = {
        "manifest": {"time": now(), "magic": "", "version": ""},
        "config": {key: _config_json(value, manager) for key, value in sorted(plan.config.items())},
        "resourcePlans": {urn: _planned_json(planned, encode) for urn, planned in plan.resources.items()},
    }
    ours: dict[str, Any] = {"stack": plan.stack, "state": dict(plan.state)}
    if manager.has_state:
        ours["secrets_providers"] = {"type": "passphrase", "state": {"salt": manager.state}}
    write_asked_for(path, json.dumps({**document, OURS: ours}, indent=1, ensure_ascii=False) + "\n")


def load_plan(path: Path, passphrase: Callable[[], str]) -> SavedPlan:
    """Read a plan. Raises PlanError when there is none, StateError when its secrets cannot be read, and
    AuthenticationError when they are of another passphrase.
    """
    try:
        document = read_json(path.read_bytes())
        ours = document[OURS]
        salt = ((ours.get("secrets_providers") or {}).get("state") or {}).get("salt", "")
        manager = PassphraseManager(passphrase, salt)
        return SavedPlan(
            stack=ours["stack"],
            config={key: _config_value(value, manager) for key, value in document["config"].items()},
            resources={urn: _planned(fields, manager) for urn, fields in document["resourcePlans"].items()},
            state=dict(ours["state"]),
        )
    except FileNotFoundError as error:
        raise PlanError("No such plan.", f"{path} does not exist.", hint=_HINT) from error
    except StateError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlanError("This is not a plan.", f"{path}: {error}", hint=_HINT) from error


_HINT = "make one with `mlops-iac preview <stack> --save-plan FILE`."


def _planned_json(planned: Planned, encode: Encode) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if planned.goal is not None:
        fields["goal"] = _goal_json(planned.goal, planned, encode)
    fields["steps"] = list(planned.steps)
    if planned.outputs:
        fields["state"] = encode(_without_unknown(dict(planned.outputs)))
    if planned.op:
        fields[OURS] = {"op": planned.op, "inputs": encode(_without_unknown(dict(planned.inputs)))}
    return fields


def _goal_json(goal: Goal, planned: Planned, encode: Encode) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": goal.type, "name": goal.name, "custom": goal.custom}
    old = planned.old.inputs if planned.old else {}
    fields["inputDiff"] = _diff_json(old, planned.inputs if planned.op else goal.inputs, encode)
    fields["outputDiff"] = {}
    optional = {
        "parent": goal.parent,
        "protect": goal.protect,
        "dependencies": list(goal.dependencies),
        "provider": goal.provider,
        "propertyDependencies": dict(goal.property_dependencies),
        "ignoreChanges": list(goal.ignore_changes),
        "additionalSecretOutputs": list(goal.additional_secret_outputs),
    }
    fields |= {key: value for key, value in optional.items() if value or key == "protect"}
    return {**fields, "customTimeouts": dict(goal.timeouts)}


def _diff_json(old: Mapping[str, Any], new: Mapping[str, Any], encode: Encode) -> dict[str, Any]:
    """Top-level inputs that are added, deleted and updated; empty groups are left out."""
    groups: dict[str, Any] = {
        "adds": {key: encode(_without_unknown(value)) for key, value in new.items() if key not in old},
        "deletes": [key for key in old if key not in new],
        "updates": {
            key: encode(_without_unknown(value))
            for key, value in new.items()
            if key in old and diff({key: old[key]}, {key: value})
        },
    }
    return {key: group for key, group in groups.items() if group}


def _without_unknown(value: Any) -> Any:
    """The value for a file: a secret that is not known is only unknown, for there is nothing to encrypt."""
    if isinstance(value, dict):
        return {key: _without_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_unknown(item) for item in value]
    if isinstance(value, Secret) and not value.stored and has_unknown(value.value):
        return UNKNOWN_TEXT
    return UNKNOWN_TEXT if value is UNKNOWN else value


def _planned(fields: Mapping[str, Any], manager: PassphraseManager) -> Planned:
    ours = fields.get(OURS) or {}
    inputs = decoder(manager)(ours.get("inputs") or {})
    return Planned(steps=tuple(fields["steps"]), op=ours.get("op", ""), inputs=_with_unknown(inputs))


def _with_unknown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_unknown(item) for item in value]
    return UNKNOWN if isinstance(value, str) and value == UNKNOWN_TEXT else value


def _config_json(value: Any, manager: PassphraseManager) -> Any:
    return {"secure": manager.encrypt(str(value.value))} if isinstance(value, Secret) else value


def _config_value(value: Any, manager: PassphraseManager) -> Any:
    return Secret(manager.decrypt(value["secure"])) if isinstance(value, dict) and "secure" in value else value
