"""What a resource stands on, as the program wants it and as it is in state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mlops_iac.core.urns import ProviderReference


class Tied(Protocol):
    """What `Goal` and `Record` say of other resources."""

    @property
    def parent(self) -> str | None: ...

    @property
    def provider(self) -> str | None: ...

    @property
    def dependencies(self) -> tuple[str, ...]: ...

    @property
    def property_dependencies(self) -> Mapping[str, list[str]]: ...

    @property
    def replace_with(self) -> tuple[str, ...]: ...

    @property
    def deleted_with(self) -> str | None: ...


def needs(resource: Tied) -> set[str]:
    """URNs of everything it stands on, its provider's among them."""
    needed = {urn for group in resource.property_dependencies.values() for urn in group}
    needed.update(resource.dependencies)
    needed.update(resource.replace_with)
    if resource.parent:
        needed.add(resource.parent)
    if resource.provider:
        needed.add(ProviderReference.parse(resource.provider).urn)
    if resource.deleted_with:
        needed.add(resource.deleted_with)
    return needed
