"""What `stack export` writes and `stack import` reads: a Pulumi deployment, version 3. Pure: text in, text out.

Source: pulumi/pulumi, ``sdk/go/common/apitype`` (UntypedDeployment, SecretV1).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import StateError
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.state import state_file
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.values import signatures as sig
from mlops_iac.engine.values.secrets import PassphraseManager
from mlops_iac.engine.values.value import Secret, reveal
from mlops_iac.engine.values.wire import marked


@dataclass(frozen=True, kw_only=True)
class Export:
    """An export that was read: whole, of this stack, and without a secret that cannot be told."""

    snapshot: Snapshot
    manager: PassphraseManager


def render_export(snapshot: Snapshot, manager: PassphraseManager, *, show_secrets: bool = False) -> str:
    """The whole state as text. ``show_secrets`` writes them in clear, as `pulumi stack export --show-secrets` does.

    Raises AuthenticationError when secrets are to be shown and the passphrase is wrong.
    """
    encode = _clear if show_secrets else state_file.encoder(manager)
    deployment = state_file.deployment_json(snapshot, manager, encode)
    return json.dumps({"version": state_file.VERSION, "deployment": deployment}, indent=4, ensure_ascii=False) + "\n"


def parse_export(text: str, passphrase: Callable[[], str], *, stack: str, project: str, place: str) -> Export:
    """Read an export; a checkpoint (a copy from `.pulumi/backups`) is read too. ``place`` names the file.

    Raises StateError for what is no export, is newer, is of another stack or holds together badly, and
    AuthenticationError for secrets of another passphrase.
    """
    deployment = read_deployment(text, place)
    refuse_other_stack(deployment, stack=stack, project=project, place=place)
    snapshot, manager = state_file.read_deployment(deployment, passphrase, place=place)
    if manager.has_state:
        manager.check()
    return Export(snapshot=snapshot, manager=manager)


def read_deployment(text: str, place: str) -> dict[str, Any]:
    """The deployment inside an export or a checkpoint, as version 3 has it. Raises StateError."""
    try:
        document = read_json(text)
        if "deployment" in document:
            version, inside = document["version"], document["deployment"]
        else:
            version, inside = document["version"], document["checkpoint"].get("latest") or {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            "This is not an export of a stack.",
            f"{place}: there is no `version` and `deployment` in it.",
            hint="make one with `mlops-iac stack export STACK` or `pulumi stack export --stack STACK`.",
        ) from error
    return state_file.at_this_version(inside, version, place, features=document.get("features"))


def refuse_other_stack(deployment: dict[str, Any], *, stack: str, project: str, place: str) -> None:
    """Raise StateError when a resource is of another stack or another project."""
    for fields in deployment.get("resources") or ():
        try:
            urn = urns.parse(fields["urn"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise state_file.damaged(place, f"a resource in it is not complete: {error}") from error
        if (urn.stack, urn.project) != (stack, project):
            raise StateError(
                "This is an export of another stack.",
                f"{place}: it holds resources of stack `{urn.stack}` in project `{urn.project}`;"
                f" asked for are `{stack}` and `{project}`. Nothing was changed.",
                hint=f"name `{urn.stack}` instead, or export `{stack}`.",
            )


def _clear(value: Any) -> Any:
    """Values to JSON with secrets in clear: Pulumi's own form of it, the JSON of the value in a string."""
    if isinstance(value, Secret):
        return {sig.KEY: sig.SECRET, "plaintext": json.dumps(_clear(reveal(value)), separators=(",", ":"))}
    if isinstance(value, dict):
        return {key: _clear(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clear(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else _clear(marked(value))
