"""``mlops-iac state move --to URL``: whole states to another backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.cli.options import CloudName

if TYPE_CHECKING:
    from mlops_iac.clients import Clients
    from mlops_iac.relocating.move import Relocated, Relocation
    from mlops_iac.relocating.secrets import Providers


@dataclass(frozen=True, kw_only=True)
class Moving:
    """What a command line asks for."""

    root: Path
    relocation: Relocation
    providers: Providers


def move_states(
    stack: str | None,
    to: str,
    source: str | None,
    *,
    all: bool,
    secrets_provider: str | None,
    cloud: CloudName,
    yes: bool,
    json: bool,
) -> None:
    """Raises UsageError for neither a stack nor --all, and for both."""
    from mlops_iac.cli.console import say
    from mlops_iac.cli.environments import project_root
    from mlops_iac.cli.operations import confirm
    from mlops_iac.core.errors import StackNotFound, UsageError

    if (stack is None) != all:
        given = "Neither a stack nor --all was given." if stack is None else f"`{stack}` and --all were both given."
        raise UsageError("It is not said which states are moved.", given, hint="name one, or give --all.")
    moving = plan(project_root(), source, to, secrets_provider, cloud)
    relocation = moving.relocation
    stacks = relocation.stacks() if stack is None else [stack]
    if not stacks:
        detail = f"{relocation.source.url} has no stack of project `{relocation.project}`."
        raise StackNotFound("Nothing to move.", detail, hint="name the place where they are with --from.")
    if not json:
        say(f"From {relocation.source.url}\nto   {relocation.target.url}:\n  " + "\n  ".join(stacks))
    confirm(f"Move the state of {', '.join(stacks)}?", yes=yes, json=json)
    done, files = [], []
    for name in stacks:
        done.append(relocation.move(name))
        files += follow_provider(moving, name)
        if not json:
            say(f"{name}: {done[-1].resources} resources; the copy from before: {done[-1].backup}")
    tell(relocation, done, files, json=json)


def plan(root: Path, source: str | None, to: str, secrets_provider: str | None, cloud: CloudName) -> Moving:
    """``source`` left out: where the states of this machine are. Raises UsageError for what is no place."""
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.engine.state.state_store import FileStore
    from mlops_iac.relocating.folder import FolderPlace
    from mlops_iac.relocating.move import Relocation
    from mlops_iac.relocating.places import open_place
    from mlops_iac.relocating.secrets import PHRASE, Providers, under

    own = EmbeddedBackend(root, "").store
    clients = clients_for(root, cloud)
    here = open_place(source, own.project, clients, root=root) if source else FolderPlace(own.root.resolve())
    there = open_place(to, own.project, clients, root=root)
    is_own = isinstance(there, FolderPlace) and there.folder == own.root.resolve()
    wanted = secrets_provider or (PHRASE if is_own else None)  # the embedded engine knows no other
    providers = Providers(passphrase=own.passphrase, clients=lambda: clients(""))
    settle = FileStore(here.folder, own.project, own.passphrase).settle if isinstance(here, FolderPlace) else nothing
    relocation = Relocation(
        source=here, target=there, project=own.project, settle=settle,
        rewrite=lambda text: under(text, wanted, providers),
    )  # fmt: skip
    return Moving(root=root, relocation=relocation, providers=providers)


def nothing(stack: str) -> None:
    """A bucket has no journal."""


def clients_for(root: Path, cloud: CloudName) -> Callable[[str], Clients]:
    """Clients of a region; of the usual one where none is said."""
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.clients import Clients as Found
    from mlops_iac.scaffold.answers import DEFAULT_REGION

    def make(region: str) -> Clients:
        if cloud is CloudName.AWS:
            return Found.aws(region or DEFAULT_REGION, None)
        embedded = EmbeddedBackend(root, "").cloud
        embedded.start()
        return embedded.clients(region or DEFAULT_REGION)

    return make


def follow_provider(moving: Moving, stack: str) -> list[str]:
    """The stack file's secrets under the provider of the state that was moved; the file, where that changed it."""
    from mlops_iac.config.editing import replace_checked
    from mlops_iac.config.project import stack_path
    from mlops_iac.relocating.move import latest
    from mlops_iac.relocating.stack_file import with_provider

    relocation, path = moving.relocation, stack_path(moving.root, stack)
    fields = latest(relocation.target.read(relocation.key(stack)) or "").get("secrets_providers")
    if not fields or not path.is_file():
        return []
    shown = path.relative_to(moving.root).as_posix()
    text = path.read_text("utf-8")
    changed = with_provider(text, shown, moving.providers.open(fields), moving.providers)
    if changed == text:
        return []
    replace_checked(path, changed, lambda: None)
    return [shown]


def tell(relocation: Relocation, done: list[Relocated], files: list[str], *, json: bool) -> None:
    from mlops_iac.cli.console import say, show_json

    if json:
        moved: dict[str, Any] = {
            one.stack: {"resources": one.resources, "sha256": one.digest, "backup": one.backup, "history": one.history}
            for one in done
        }
        show_json({"from": relocation.source.url, "to": relocation.target.url, "moved": moved, "files": files})
        return
    for file in files:
        say(f"{file}: its secrets are under the state's provider now")
    say(f"\nThe states are in {relocation.target.url}. For all who work on this project, in Pulumi.yaml:")
    say(f"  backend:\n    url: {relocation.target.url}")
