"""A stack whose file was taken away: what it has is still there, and would be deleted."""

from __future__ import annotations

from pathlib import Path

from mlops_iac.engine.event import Result
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.state.state_store import FileStore


def preview_removal(root: Path, stack: str, *, exports: Path | None = None) -> Result | None:
    """Its resources as an `up` of nothing would delete them; None when it is not deployed, so that nothing is lost.

    Asks no cloud. ``exports`` as in `preview_stacks`.
    """
    from mlops_iac.backends.exported import account_of
    from mlops_iac.cloud.provider import EmbeddedProvider
    from mlops_iac.engine.doing.deployment import Deployment

    found = _find(root, stack, exports)
    if found is None:
        return None
    store, project, snapshot = found
    provider = EmbeddedProvider(None, account_id=account_of(snapshot))
    return Deployment(project=project, stack=stack, provider=provider, store=store, config={}).preview(_nothing)


def _nothing() -> None:
    """A program that asks for no resources."""


def _find(root: Path, stack: str, exports: Path | None) -> tuple[FileStore, str, Snapshot] | None:
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.backends.exported import Exported, read_export

    backend = EmbeddedBackend(root, stack)
    if exports is None:
        snapshot = backend.store.find(stack)
        return (backend.store, backend.project, snapshot) if snapshot is not None and snapshot.records else None
    file = exports / f"{stack}.json"
    if not file.exists():
        return None
    snapshot = read_export(file.read_text("utf-8"), stack, str(file), backend.project)
    return (Exported(snapshot, backend.project), backend.project, snapshot) if snapshot.records else None
