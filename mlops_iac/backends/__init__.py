"""A program and a place to run it: the embedded engine over the embedded cloud, or Pulumi over AWS. The same verbs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlops_iac.engine.deciding.options import DEFAULTS, Options
from mlops_iac.engine.event import OnEvent, Result, ignore

if TYPE_CHECKING:
    from mlops_iac.clients import Clients
    from mlops_iac.core.environment import Environment


class Backend(Protocol):
    """What commands, tests and users ask of a deployed (or not yet deployed) stack."""

    root: Path
    stack: str
    place: str
    """Where it lands, in words: ``embedded cloud``."""

    @property
    def can_look(self) -> bool:
        """Whether what is really there can be read at no cost: it is deployed, and its cloud runs on this machine."""

    def preview(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result: ...

    def up(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result: ...

    def refresh(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result: ...

    def destroy(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result: ...

    def remove(self) -> None:
        """Forget a stack that has no resources left."""

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs; StackNotFound when it was never deployed."""

    def history(self) -> list[dict[str, Any]]:
        """What was done to the stack, the newest first, as Pulumi writes it. Raises StackNotFound."""

    def environment(self) -> Environment: ...

    def export(self) -> str:
        """The whole state as `pulumi stack export` writes it, secrets encrypted. StackNotFound as `outputs`."""

    def clients(self, *, quick: bool = False) -> Clients:
        """Clients of the cloud where the stack lives, in its region. ``quick`` is for a few small calls."""

    def keep(self) -> None:
        """Return when what was done is safe: the embedded cloud saves a moment later unless it is asked."""


def read_environment(outputs: dict[str, Any], again: str) -> Environment:
    """The environment that a stack's outputs describe. ``again`` is the command that completes it.

    Raises StateError for a stack whose last `up` did not reach its end.
    """
    from mlops_iac.core.environment import Environment, is_complete
    from mlops_iac.core.errors import StateError

    if not is_complete(outputs):
        raise StateError(
            "The environment is not complete.",
            "Its last `up` did not reach its end, so its outputs are not known.",
            hint=f"run `{again}` again; it continues where it stopped.",
        )
    return Environment.from_outputs(outputs)


def backend_for(root: Path, stack: str, cloud: str) -> Backend:
    """``cloud`` is ``embedded`` or ``aws``."""
    if cloud == "aws":
        from mlops_iac.backends.pulumi import PulumiBackend

        return PulumiBackend(root, stack)
    from mlops_iac.backends.embedded import EmbeddedBackend

    return EmbeddedBackend(root, stack)
