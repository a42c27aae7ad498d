"""The handler port: what the engine asks of whatever provisions resources. The embedded cloud implements it.

A `Provider` has packages, by the word that their types begin with; a `Package` knows its settings, and has a `Handler`
for each of its types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.values.value import Props


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where a call happens: made by the package from the settings of the resource's provider."""

    stack: str
    project: str
    region: str = ""
    account_id: str = ""
    settings: Props = field(default_factory=dict)
    """What else the package reads of its provider's settings."""


@dataclass(frozen=True)
class Created:
    """What a create (or a read) answers."""

    id: str
    outputs: dict[str, Any] = field(default_factory=dict)
    """All outputs, inputs included, as the Pulumi provider would answer them (camelCase)."""


class Unfinished(CloudError):
    """A create of several calls that stopped after the first: the resource is there, and is not what was asked for.

    The engine records it with the reason, as Pulumi does (``initErrors``), and the next `up` finishes it.
    """

    def __init__(self, cause: CloudError, made: Created) -> None:
        super().__init__(
            cause.summary,
            f"{cause.detail}\n`{made.id}` was made all the same, and is recorded as not finished.",
            hint=cause.hint or "run `up` again: it finishes what is there.",
            resource=cause.resource,
            call=cause.call,
            code=cause.code,
        )
        self.made = made


class Handler(Protocol):
    """One resource type. Handlers are stateless; one instance serves all threads.

    Inputs never hold secrets wrappers here, and hold UNKNOWN only in ``check`` and ``replaces`` (previews).
    Every method may raise `CloudError`; ``NotEmulated`` says precisely what is missing, already in ``check``.
    """

    type: str
    """Pulumi's type token: ``cloud:storage/bucket:Bucket``."""

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        """Validate and complete the inputs: defaults, and an automatic name (the old one is kept). Pure."""

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        """Of the changed top-level inputs, those that cannot be changed in place. Pure."""

    def moves(self, was: Props, will: Props) -> bool:
        """Whether what was made in one place is not there in another: the settings of a provider that tell places
        apart. Pure."""

    def deletes_before_replace(self, old: Props, new: Props, *, moved: bool = False) -> bool:
        """True when old and new cannot exist at once, because they carry the same physical name. Pure.

        ``moved``: the new one lies in another place than the old one, where most names are free.
        """

    def secrets(self) -> frozenset[str]:
        """Outputs that are secret whatever the program says."""

    def create(self, scope: Scope, inputs: Props) -> Created:
        """Make it. Raises `Unfinished` when it was made and a further call failed. A handler whose create takes several
        calls says in an optional method ``begun(inputs: Props) -> dict[str, Any]`` what the first of them brings: the
        inputs, UNKNOWN where another call is needed. An update from there finishes the resource."""

    def read(self, scope: Scope, id: str, outputs: Props) -> Created | None:
        """What the cloud says now, or None when it is gone. ``outputs`` is the last known state, for what the
        cloud does not give back."""

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """Look up by physical name what a create that was cut off may have made. None when there is nothing."""

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        """Change in place from the old inputs to the new; answers all outputs."""

    def delete(self, scope: Scope, id: str, outputs: Props) -> None:
        """Delete; a resource that is already gone is not an error."""


class Package(Protocol):
    """A cloud, as one SDK sees it: everything whose type begins with its name."""

    name: str
    """``cloud`` of ``cloud:storage/bucket:Bucket``; its settings are ``cloud:…`` in a stack's configuration."""

    identity: frozenset[str]
    """The settings that make another place: a resource whose provider differs in one of them is replaced."""

    def check_settings(self, settings: Props) -> None:
        """Raises an MlopsError for a setting that is not honoured, or that forbids to go on. Values may be UNKNOWN."""

    def scope(self, stack: str, project: str, settings: Props) -> Scope:
        """Of a call by a provider with these settings, which have been checked. Structures may be JSON text."""

    def handler(self, type: str) -> Handler:
        """Raises `NotEmulated`, which says what there is instead."""

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        """Answer a function that reads; pure where possible. Raises `NotEmulated` for an unknown token."""


class Provider(Protocol):
    """Where the engine finds packages."""

    def package(self, name: str) -> Package:
        """Raises `NotEmulated`, naming those there are."""


def package_of(token: str) -> str:
    """The package of a type or of an invoke; for a provider's own type, the package that it configures."""
    first, _, rest = token.partition(":")
    return rest.rpartition(":")[2] if token.startswith("pulumi:providers:") else first
