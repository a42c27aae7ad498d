"""The end of an environment, step by step: what is told before, what is deleted, what is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.cli.auditing import collect_events, keep_events
from mlops_iac.engine.deciding.options import Options

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.clients import Clients
    from mlops_iac.core.environment import Environment
    from mlops_iac.engine.event import Result
    from mlops_iac.runs.leftovers import Leftovers
    from mlops_iac.runs.locks import Locked

MOST_EVENTS = 10_000
"""Of the environment's own log, that are kept on this machine when it ends."""

MOST_SHOWN = 50
"""Things that are left, that are named."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    result: Result
    left: Leftovers | None = None
    """None where nobody looked: what is destroyed in part, or came up only in part."""
    kept: tuple[str, ...] = ()
    locked: tuple[Locked, ...] = ()
    """What of the data that was kept nobody may delete yet."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    options: Options
    keep_data: bool = False
    plain: bool = False
    event_log: Path | None = None
    json: bool = False
    backend: Backend = None  # type: ignore[assignment]
    kept: tuple[str, ...] = ()

    def of(self, backend: Backend, options: Options) -> Ending:
        """The end of one environment. Of what is kept, the resources are named in the options. Raises what a preview
        of it would, and UsageError when it has no data that could be kept."""
        from mlops_iac.cli.keeping import split
        from mlops_iac.cli.operations import raise_if_stopped
        from mlops_iac.core.errors import UsageError

        if not self.keep_data:
            return replace(self, backend=backend, options=options)
        whole = backend.destroy(preview=True, options=replace(options, refresh=False))
        raise_if_stopped(whole)
        kept, going = split(whole.steps)
        if not kept or not going:
            what = "holds no data" if not kept else "has nothing but its data left"
            detail = f"{backend.stack} {what}; --keep-data would destroy {'everything' if not kept else 'nothing'}."
            raise UsageError("There is nothing to keep apart.", detail, hint="leave --keep-data out.")
        return replace(self, backend=backend, options=replace(options, targets=going), kept=kept)

    @property
    def is_whole(self) -> bool:
        return not self.options.is_partial

    def foresee(self, *, yes: bool) -> None:
        """Show what would be deleted, and ask. Raises what keeps it from being deleted, before anything is."""
        from mlops_iac.cli.operations import confirm, raise_if_stopped, show_preview

        stack = self.backend.stack
        preview = self.backend.destroy(preview=True, options=self.options)
        raise_if_stopped(preview)
        if self.is_whole:
            refuse_locked(self.backend)
        if not yes and not self.json:
            show_preview(preview)
        what = f"{stack}, with all its data and models" if self.is_whole else f"this part of {stack}"
        confirm(f"Destroy {f'{stack} and keep its data' if self.kept else what}?", yes=yes, json=self.json)

    def carry_out(self) -> Ended:
        """Drain, delete, look what is left. Nothing is asked."""
        from mlops_iac.runs.audit import state_events

        keeper = Draining.find(self) if self.is_whole or self.kept else None
        if self.is_whole:
            keep_history(self.backend)
        if keeper:
            keeper.drain()
        locked = keeper.locked() if keeper and self.kept else ()
        result = self._delete()
        if keeper and result.outcome != "cancelled" and keeper.drain() and result.outcome == "failed":
            result = self._delete(further=True)  # what a trigger or a person began meanwhile was in the way
        if result.outcome != "succeeded" or not self.is_whole:
            return Ended(result=result, kept=self.kept, locked=locked)
        left = keeper.look() if keeper else None
        keep_events(self.backend.root, self.backend.stack, state_events(self.backend.history()))
        self.backend.remove()
        return Ended(result=result, left=left)

    def _delete(self, *, further: bool = False) -> Result:
        from mlops_iac.cli.operations import watch

        return watch(
            lambda on_event: self.backend.destroy(on_event=on_event, options=self.options),
            json=self.json, plain=self.plain, event_log=self.event_log, further=further,
        )  # fmt: skip


@dataclass(frozen=True)
class Draining:
    """What deletes what runs made, which no engine's state knows, also when the environment itself is gone."""

    environment: Environment
    clients: Clients
    keep_data: bool
    quiet: bool

    @classmethod
    def find(cls, ending: Ending) -> Draining | None:
        """None when the environment never came up."""
        from mlops_iac.core.environment import Environment, is_complete

        outputs = ending.backend.outputs()
        if not is_complete(outputs):
            return None
        environment = Environment.from_outputs(outputs)
        return cls(environment, ending.backend.clients(), ending.keep_data, ending.json)

    def drain(self) -> bool:
        """Whether there was anything."""
        from mlops_iac.cli.console import say
        from mlops_iac.runs.drain import drain

        drained = drain(self.environment, self.clients, keep_data=self.keep_data)
        if drained and not self.quiet:
            say(f"Deleted what runs made: {', '.join(drained)}")
        return bool(drained)

    def locked(self) -> tuple[Locked, ...]:
        from mlops_iac.runs.locks import find_locked

        return tuple(find_locked(self.environment, self.clients))

    def look(self) -> Leftovers:
        from mlops_iac.runs.leftovers import find_leftovers

        return find_leftovers(self.environment.stack, self.clients)


def refuse_locked(backend: Backend) -> None:
    """Raise PlanError for an environment with something under Object Lock: it would come half way, and stand there."""
    from mlops_iac.cli.locked import free
    from mlops_iac.core.environment import Environment, is_complete
    from mlops_iac.core.errors import PlanError
    from mlops_iac.runs.locks import find_locked

    outputs = backend.outputs()
    if not is_complete(outputs):
        return
    locked = find_locked(Environment.from_outputs(outputs), backend.clients())
    if locked:
        raise PlanError(
            "Something is locked.",
            "\n".join(f"{one}." for one in locked) + "\nNothing was destroyed.",
            hint=f"`mlops-iac destroy {backend.stack} --keep-data` ends all but its data; destroy the rest "
            f"{free(locked)}.",
        )


def keep_history(backend: Backend) -> None:
    """The environment's own log goes with its lake. That it cannot be read keeps nothing back."""
    from mlops_iac.cli.console import say
    from mlops_iac.core.errors import CloudError, StateError

    try:
        keep_events(backend.root, backend.stack, collect_events(backend, MOST_EVENTS))
    except (CloudError, StateError) as error:
        say(f"The environment's own log could not be kept: {error.detail}")


def tell_ended(how: Ending, ended: Ended) -> None:
    """Leaves with the exit code of the operation, and with 1 when something is left."""
    from mlops_iac.cli.console import say
    from mlops_iac.cli.operations import conclude
    from mlops_iac.core import exit_codes

    conclude(ended.result, json=how.json, verb="destroy", more=told_json(ended))
    left = ended.left
    if not how.json:
        say(f"\n{told(how, ended)}")
    if left and left.found:
        raise typer_exit(exit_codes.ERROR)


def told_json(ended: Ended) -> dict[str, Any]:
    more: dict[str, Any] = {"kept": list(ended.kept)} if ended.kept else {}
    if ended.locked:
        more["locked"] = [one.to_json() for one in ended.locked]
    if ended.left:
        more |= {"left": [one.to_json() for one in ended.left.found], "notLooked": list(ended.left.closed)}
    return more


def told(how: Ending, ended: Ended) -> str:
    stack, left = how.backend.stack, ended.left
    if ended.kept:
        locked = "".join(f"\n{one}." for one in ended.locked)
        again = f"`mlops-iac up {stack}` takes it again."
        return f"{stack} is gone, but for its data: {', '.join(ended.kept)}. {again}{locked}"
    if not how.is_whole:
        return f"That part of {stack} is gone. `mlops-iac up {stack}` makes it anew."
    closed = ""
    if left and left.closed:
        closed = f"\nNobody knows what is left where your credentials may not list: {', '.join(left.closed)}."
    if left and left.found:
        shown = "\n".join(f"  {one.service}: {one.name}" for one in left.found[:MOST_SHOWN])
        more = f"\n  and {len(left.found) - MOST_SHOWN} more" if len(left.found) > MOST_SHOWN else ""
        hint = "  hint: somebody made it by hand, or just now: delete it where it was made."
        return f"error: {stack} is gone, and this is left of it in the cloud:\n{shown}{more}{closed}\n{hint}"
    return f"{stack} is gone. Its stack file is still in stacks/.{closed}"


def typer_exit(code: int) -> Exception:
    import typer

    return typer.Exit(code)
