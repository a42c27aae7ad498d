"""From a stack's name on the command line to what a command works with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlops_iac.cli.options import CloudName

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.clients import Clients
    from mlops_iac.core.environment import Environment
    from mlops_iac.engine.state.state_desk import StateDesk


class Opened(NamedTuple):
    environment: Environment
    clients: Clients
    root: Path
    keep: Callable[[], None] = lambda: None
    """Returns when what was done through the clients is safe."""


def project_root() -> Path:
    from mlops_iac.config import find_project

    return find_project(Path.cwd())


def open_backend(stack: str, cloud: CloudName = CloudName.EMBEDDED) -> Backend:
    """The place where a stack lives. Its stack file is read only when an operation needs the program."""
    from mlops_iac.backends import backend_for

    backend = backend_for(project_root(), stack, cloud.value)
    if cloud is CloudName.EMBEDDED:
        _tell_if_without_iam(backend.root)
    return backend


def _tell_if_without_iam(root: Path) -> None:
    """What passes on such a cloud says nothing about rights, so every command tells."""
    from mlops_iac.backends.embedded import HOME
    from mlops_iac.cli.console import say
    from mlops_iac.cloud.process import EmbeddedCloud

    if EmbeddedCloud(root / HOME / "cloud").is_without_iam:
        say("IAM is not enforced: the embedded cloud was started with --without-iam. `mlops-iac cloud stop` ends that.")


def open_desk() -> StateDesk:
    """Where the states on this machine are looked at and edited by hand."""
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.cloud.provider import EmbeddedProvider
    from mlops_iac.engine.state.state_desk import StateDesk

    return StateDesk(EmbeddedBackend(project_root(), "").store, EmbeddedProvider(None))


def open_environment(stack: str, cloud: CloudName = CloudName.EMBEDDED, *, quick: bool = False) -> Opened:
    """What a deployed environment offers, and clients that reach it. StackNotFound when it was never deployed.

    ``quick`` is for commands that ask for a few small things.
    """
    backend = open_backend(stack, cloud)
    return Opened(backend.environment(), backend.clients(quick=quick), backend.root, backend.keep)


def open_if_running(stack: str) -> Opened | None:
    """The same on this machine's cloud, for completion in a shell; None when it does not run: nothing is started."""
    from mlops_iac.backends.embedded import EmbeddedBackend

    backend = EmbeddedBackend(project_root(), stack)
    if backend.cloud.find() is None:
        return None
    return Opened(backend.environment(), backend.clients(quick=True), backend.root)
