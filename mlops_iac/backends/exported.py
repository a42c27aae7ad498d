"""A program against a `pulumi stack export`: what `up` would change in a stack that is deployed elsewhere, on AWS say.

Needs no cloud, no credentials and no passphrase: that is what continuous integration has for a pull request of a fork.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.backends.judging import Judge
from mlops_iac.core.errors import NotEmulated, StateError
from mlops_iac.engine.deciding.options import DEFAULTS, Options
from mlops_iac.engine.event import OnEvent, Result, ignore
from mlops_iac.engine.handler import Handler, Package, Scope
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values.hidden import count_hidden, decode_hidden
from mlops_iac.engine.values.secrets import PassphraseManager
from mlops_iac.engine.values.value import Props

if TYPE_CHECKING:
    from mlops_iac.cloud.provider import EmbeddedProvider

_ARN_ACCOUNT = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")
NOTHING = '{"version": 3, "deployment": {}}'
"""An export of a stack that was never deployed."""
_DEFAULTS = "__defaults"
"""Where Pulumi's bridge to Terraform providers notes which inputs it filled in itself; source: pulumi-terraform-bridge,
``pkg/tfbridge/schema.go``."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What `up` would do to the exported stack."""

    result: Result
    hidden: int
    """Secret inputs of the exported stack that are there as ciphertext: they were not compared."""


def compare(
    root: Path, stack: str, text: str, *, place: str, on_event: OnEvent = ignore, options: Options = DEFAULTS
) -> Comparison:
    """Preview a stack's program against an export. ``place`` names the file in messages.

    Raises StateError for a file that is no export or of another stack, and ConfigError for the stack file.
    """
    from mlops_iac.cloud.provider import EmbeddedProvider
    from mlops_iac.engine.doing.deployment import Deployment
    from mlops_iac.program import open_stack

    program = open_stack(root, stack)
    snapshot = read_export(text, stack, place, program.project)
    provider = EmbeddedProvider(None, account_id=account_of(snapshot))
    for key, record in list(snapshot.records.items()):
        snapshot.put(key, _as_asked(record, provider))
    deployment = Deployment(
        project=program.project,
        stack=stack,
        provider=_Provider(provider),
        store=Exported(snapshot, program.project),
        config=program.settings.reveal(lambda ciphertext: "[secret]"),
        secret_config=program.settings.secret_keys,
        root=str(root),
    )
    judge = Judge.of(program, runs_own=False)
    with program.at_home():
        result = judge.foresee(deployment.preview(program.run, on_event=on_event, options=options))
    return Comparison(result=result, hidden=sum(count_hidden(record.inputs) for record in snapshot))


def account_of(snapshot: Snapshot) -> str | None:
    """The AWS account that a stack is deployed to: the one that its resources' ARNs name most."""
    named = Counter(match for record in snapshot for match in _ARN_ACCOUNT.findall(str(record.outputs.get("arn", ""))))
    return named.most_common(1)[0][0] if named else None


def read_export(text: str, stack: str, place: str, project: str) -> Snapshot:
    from mlops_iac.engine.state import state_file
    from mlops_iac.engine.state.exports import read_deployment, refuse_other_stack

    deployment = read_deployment(text, place)
    refuse_other_stack(deployment, stack=stack, project=project, place=place)
    return state_file.read_resources(deployment, decode_hidden, place=place)


def _as_asked(record: Record, provider: EmbeddedProvider) -> Record:
    """The inputs as the program gave them: without what a provider filled in, names excepted, which stay."""
    if not record.custom or record.is_provider:
        return record
    try:
        handler = provider.handler(record.type)
    except NotEmulated:  # told when the program asks for it, or when it is to be deleted
        return replace(record, inputs=_without_defaults(record.inputs))
    inputs = _without_defaults(record.inputs, str(getattr(handler, "name_input", "") or ""))
    as_asked = getattr(handler, "as_asked", dict)
    return replace(record, inputs=as_asked(inputs))


def _without_defaults(inputs: Mapping[str, Any], name_input: str = "") -> dict[str, Any]:
    filled_in = set(inputs.get(_DEFAULTS) or ()) - {name_input}
    return {key: _inside(value) for key, value in inputs.items() if key != _DEFAULTS and key not in filled_in}


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return _without_defaults(value)
    return [_inside(item) for item in value] if isinstance(value, list) else value


class Exported(FileStore):
    """One state in memory, to be read."""

    def __init__(self, snapshot: Snapshot, project: str) -> None:
        super().__init__(Path(), project, str)
        self._snapshot = snapshot

    def read(self, stack: str, *, strict: bool = True) -> tuple[Snapshot, PassphraseManager]:
        return self._snapshot, PassphraseManager(str)

    def outputs(self, stack: str) -> dict[str, Any]:
        """Raises StateError: other stacks' outputs are in no export, and what asks for them may be a stranger's."""
        raise StateError(
            "Another stack's outputs are not in an export.",
            f"The program asks for the outputs of `{stack}`, and a comparison with an export reaches no other state.",
            hint="preview it where both are deployed.",
        )

    def of_project(self, project: str) -> Exported:
        return self


class _Provider:
    """Packages whose handlers check, and add nothing of their own: what a provider fills in is not in the export."""

    def __init__(self, provider: EmbeddedProvider) -> None:
        self._provider = provider

    def package(self, name: str) -> Package:
        return _CheckedPackage(self._provider.package(name))


class _CheckedPackage:
    def __init__(self, package: Package) -> None:
        self._package = package
        self.name, self.identity = package.name, package.identity

    def check_settings(self, settings: Props) -> None:
        self._package.check_settings(settings)

    def scope(self, stack: str, project: str, settings: Props) -> Scope:
        return self._package.scope(stack, project, settings)

    def handler(self, type: str) -> Handler:
        return _Checked(self._package.handler(type))

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        return self._package.invoke(scope, token, args)


class _Checked:
    """A handler whose `check` keeps to what was asked for, and what the export has."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handler, name)

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        checked = self._handler.check(scope, name, old, new)
        wanted = {*new, *(old or {}), *getattr(self._handler, "always_said", ())}
        return {key: value for key, value in checked.items() if key in wanted or old is None}
