"""Where a state is edited by hand: the stack is held, the old state is copied, the new one is checked, then written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from mlops_iac.core.errors import NotEmulated, StackNotFound, UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.handler import Provider, package_of
from mlops_iac.engine.state import state_file
from mlops_iac.engine.state.exports import parse_export, render_export
from mlops_iac.engine.state.moving import Moved, Side, move
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.repairs import Repair, lost_step, repair
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values.value import reveal

T = TypeVar("T")
Edit = Callable[[Snapshot], T]


@dataclass(frozen=True)
class Done(Generic[T]):
    """What an edit answered, and where the state from before it is."""

    answer: T
    backup: Path | None = None
    """None: nothing was written, or there was no state before."""


class StateDesk:
    """The stacks of one store. Every method raises StackNotFound with the nearest name, and StateError.

    ``provider`` knows what makes two places of a cloud: only a move asks it.
    """

    def __init__(self, store: FileStore, provider: Provider | None = None) -> None:
        self.store, self._provider = store, provider

    def look(self, stack: str, edit: Edit[T]) -> T:
        """What an edit would answer. Nothing is written."""
        return edit(self.store.get(stack))

    def edit(self, stack: str, edit: Edit[T]) -> Done[T]:
        self.store.get(stack)
        with self.store.held(stack):
            snapshot, manager = self.store.read(stack)
            answer = edit(snapshot)
            state_file.check(list(snapshot), f"the new state of `{stack}`")
            return Done(answer, self.store.overwrite(stack, snapshot, manager))

    def export(self, stack: str, *, show_secrets: bool = False) -> str:
        self.store.get(stack)
        return render_export(*self.store.read(stack), show_secrets=show_secrets)

    def check_import(self, stack: str, text: str, *, place: str) -> Snapshot:
        """The state that an import would write; raises StateError when it is not to be trusted. Writes nothing."""
        export = parse_export(
            text, self.store.passphrase, stack=stack, project=self.store.project, place=place
        )  # fmt: skip
        return export.snapshot

    def import_(self, stack: str, text: str, *, place: str) -> Done[Snapshot]:
        """Put an export in the place of the state, readable or not. ``place`` names the file in messages."""
        export = parse_export(
            text, self.store.passphrase, stack=stack, project=self.store.project, place=place
        )  # fmt: skip
        with self.store.held(stack):
            manager = export.manager if export.manager.has_state else self.store.new_manager(stack)
            return Done(export.snapshot, self.store.overwrite(stack, export.snapshot, manager))

    def look_for_repairs(self, stack: str, *, forget_pending: bool = False) -> tuple[Repair, ...]:
        """What `repair` would mend. Nothing is written."""
        self._get_name(stack)
        snapshot, _ = self.store.read(stack, strict=False)
        return (*self._forgotten(stack), *repair(snapshot, forget_pending=forget_pending))

    def repair(self, stack: str, *, forget_pending: bool = False) -> Done[tuple[Repair, ...]]:
        """Mend the state. When something is wrong that cannot be mended, nothing is written."""
        self._get_name(stack)
        with self.store.held(stack):
            snapshot, manager = self.store.read(stack, strict=False)
            repairs = (*self._forgotten(stack), *repair(snapshot, forget_pending=forget_pending))
            if not repairs:
                return Done(repairs)
            state_file.check(list(snapshot), f"the repaired state of `{stack}`")
            return Done(repairs, self.store.overwrite(stack, snapshot, manager))

    def look_at_move(self, stack: str, words: Sequence[str], target: str, *, dependents: bool = False) -> Moved:
        """What `move` would do. Nothing is written."""
        source = Side(stack, self.store.get(stack))
        other = Side(target, self.store.get(target))
        return move(source, other, words, project=self.store.project, place=self._place, dependents=dependents)

    def move(
        self, stack: str, words: Sequence[str], target: str, *, dependents: bool = False
    ) -> Done[tuple[Moved, Path | None]]:
        """Move resources to another stack. Its state is written first: a crash leaves them in both, never in none.

        Answers the backup of the other stack's state beside what was moved.
        """
        if stack == target:
            raise UsageError("Nothing to move.", f"Both stacks are `{stack}`.", hint="name another one with --to.")
        self.look_at_move(stack, words, target, dependents=dependents)
        first, second = sorted((stack, target))
        with self.store.held(first), self.store.held(second):
            here, manager = self.store.read(stack)
            there, other_manager = self.store.read(target)
            source, other = Side(stack, here), Side(target, there)
            moved = move(source, other, words, project=self.store.project, place=self._place, dependents=dependents)
            state_file.check(list(there), f"the new state of `{target}`")
            state_file.check(list(here), f"the new state of `{stack}`")
            backup = self.store.overwrite(target, there, other_manager)
            return Done((moved, backup), self.store.overwrite(stack, here, manager))

    def _place(self, record: Record) -> dict[str, Any]:
        """Of a package that is not here every setting may mean another place."""
        if self._provider is None:
            raise AssertionError("a desk at which resources are moved is given the provider")
        try:
            names = self._provider.package(package_of(record.type)).identity
        except NotEmulated:
            names = frozenset(record.inputs) - {"__internal", "version"}
        return {name: reveal(record.inputs[name]) for name in sorted(names) if name in record.inputs}

    def _forgotten(self, stack: str) -> tuple[Repair, ...]:
        """Steps that a damaged journal does not tell any more."""
        return tuple(map(lost_step, self.store.lost(stack)))

    def _get_name(self, stack: str) -> None:
        """Of a stack whose state may not be readable."""
        known = self.store.stacks()
        if stack not in known:
            raise StackNotFound("No such stack.", f"There is no stack `{stack}`.", hint=did_you_mean(stack, known))
