"""Where stacks are kept: a Pulumi self-managed (file) backend, so that `pulumi login file://…` sees the same stacks.

.pulumi/meta.yaml
.pulumi/stacks/<project>/<stack>.json      the checkpoint; .bak is the one before; .journal is what happened since
.pulumi/backups/<project>/<stack>/…        copies after each operation, the newest twenty
.pulumi/history/<project>/<stack>/…        what each operation did
.pulumi/locks/organization/<project>/<stack>/…
"""

from __future__ import annotations

import gzip
import re
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import AuthenticationError, StackNotFound, StateError
from mlops_iac.core.ordering import natural
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.state import journal, state_file
from mlops_iac.engine.state.edits import rename_stack
from mlops_iac.engine.state.files import copy_file, explained, make_folder, write_file
from mlops_iac.engine.state.history import History, history_json, read_history
from mlops_iac.engine.state.journal import Journal
from mlops_iac.engine.state.lock import locked
from mlops_iac.engine.state.moved import MovedNote, note_key
from mlops_iac.engine.state.repairs import relink
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.values.secrets import PassphraseManager

BACKUPS_KEPT = 20

_SALT = re.compile(r'"salt": ?"(v1:[^":]+:v1:[^":]+:[^":]+)"')
"""The state of a passphrase secrets manager, as a checkpoint holds it."""


class FileStore:
    """The stacks of one project. ``root`` is the folder that holds ``.pulumi``; nothing is made before it is needed."""

    def __init__(self, root: Path, project: str, passphrase: Callable[[], str]) -> None:
        self.root, self.project, self.passphrase = root, project, passphrase
        self._home = root / ".pulumi"
        self._stacks = self._home / "stacks" / project

    def of_project(self, project: str) -> FileStore:
        """The stacks of another project in the same backend."""
        return FileStore(self.root, project, self.passphrase)

    def stacks(self) -> list[str]:
        """Names of the stacks that exist, sorted."""
        endings = (".json", ".json.gz", ".journal")
        names = {path.name.removesuffix(end) for end in endings for path in self._stacks.glob(f"[!.]*{end}")}
        return sorted(names, key=natural)

    def find(self, stack: str) -> Snapshot | None:
        """The stack's state, or None when there is no such stack. Raises StateError when it cannot be read."""
        return self.read(stack)[0] if stack in self.stacks() else None

    def get(self, stack: str) -> Snapshot:
        """The stack's state; raises StackNotFound with the nearest name."""
        snapshot = self.find(stack)
        if snapshot is None:
            self.refuse_moved(stack)
            raise StackNotFound(
                "No such stack.",
                f"`{stack}` is not among the stacks in {self._home}.",
                hint=did_you_mean(stack, self.stacks()),
            )
        return snapshot

    def outputs(self, stack: str) -> dict[str, Any]:
        """What the stack's program exported; secrets are `Secret`. Raises StackNotFound."""
        for record in self.get(stack):
            if record.type == urns.STACK_TYPE and not record.delete:
                return dict(record.outputs)
        return {}

    def read(self, stack: str, *, strict: bool = True) -> tuple[Snapshot, PassphraseManager]:
        """State and secrets manager; those of an empty stack when there is none. Changes nothing on disk.

        Without ``strict``, what the resources say of each other may be wrong: for who wants to mend it.
        """
        self.refuse_moved(stack)
        text, lines = self._read_text(stack), journal.read_lines(self._journal(stack))
        if journal.is_folded(lines, text) or not (lines.whole or lines.lost):
            return self._parse(stack, text, "", strict=strict)
        if lines.base is not None and lines.base != journal.digest(text):
            raise StateError(
                "The state was changed from outside.",
                f"{self._journal(stack)} holds steps of an operation that was cut off, and {self._file(stack)} is"
                " no longer the checkpoint that it started from. Nothing was changed.",
                hint=f"put back the checkpoint of that operation: `{self._file(stack).with_suffix('.json.bak')}`, or"
                f" the newest of `{self._backups(stack)}`.",
            )
        if strict and lines.lost:
            raise StateError(
                "The journal is damaged.",
                f"{self._journal(stack)}: of {len(lines.whole) + len(lines.lost)} lines these cannot be read:"
                f" {'; '.join(map(str, lines.lost))}. Nothing was changed.",
                hint=f"`mlops-iac state repair {stack}` takes over all the others, and keeps a copy.",
            )
        snapshot, manager = self._parse(stack, text, journal.salt_of(lines), strict=strict)
        journal.replay(lines, snapshot, manager)
        return snapshot, manager

    def lost(self, stack: str) -> list[journal.Lost]:
        """The steps of an operation that was cut off which its journal can no longer tell."""
        lines = journal.read_lines(self._journal(stack))
        return [] if journal.is_folded(lines, self._read_text(stack)) else lines.lost

    @contextmanager
    def held(self, stack: str) -> Iterator[None]:
        """Hold the stack: nobody else changes it meanwhile. Raises StateError when somebody else holds it."""
        make_folder(self._stacks)
        with locked(self._home / "locks" / state_file.ORGANIZATION / self.project / stack, stack):
            self.refuse_moved(stack)
            self._write_meta()
            yield

    def refuse_moved(self, stack: str) -> None:
        """Raise StateError for a stack whose state is kept elsewhere now, or has not come whole yet."""
        note = self.root / note_key(self.project, stack)
        if note.exists():
            raise MovedNote.read(note.read_text("utf-8"), str(note)).refuse(stack)

    def settle(self, stack: str) -> None:
        """Fold what an operation that died left in the journal. Only for who holds the stack."""
        if stack in self.stacks():
            Session(self, stack, *self.read(stack)).fold_rest()

    @contextmanager
    def session(self, stack: str) -> Iterator[Session]:
        """Hold the stack to change it. At the end, the journal is folded into the checkpoint.

        Raises StateError when somebody else holds the stack, or it cannot be read or saved.
        """
        with self.held(stack):
            session = Session(self, stack, *self.read(stack))
            if session.fold_rest():
                # A journal's keys are places in the checkpoint that it starts from: they are counted anew.
                session = Session(self, stack, *self.read(stack))
            try:
                yield session
            finally:
                session.close()

    def remove(self, stack: str, *, force: bool = False) -> Path | None:
        """Forget an empty stack; answers the copy of its last state. Raises StateError when it has resources.

        ``force`` forgets them too; they stay in the cloud.
        """
        left = [record for record in self.get(stack) if record.custom and not record.is_provider]
        if left and not force:
            raise StateError(
                "The stack is not empty.",
                f"`{stack}` still has {len(left)} resources, the first of them {left[0].urn}.",
                hint="destroy it first.",
            )
        with self.held(stack):
            kept = self.back_up(stack)
            self._drop_files(stack)
            shutil.rmtree(self._history(stack), ignore_errors=True)
        return kept

    def overwrite(self, stack: str, snapshot: Snapshot, manager: PassphraseManager) -> Path | None:
        """Put a state in the place of whatever is there, which is copied first. Answers the copy; None: there was none.

        Only for who holds the stack. Raises StateError when it cannot be saved.
        """
        kept = self.back_up(stack)
        self.write(stack, state_file.render(snapshot, manager, project=self.project, stack=stack))
        with explained(self._journal(stack)):
            self._journal(stack).unlink(missing_ok=True)
        return kept

    def back_up(self, stack: str) -> Path | None:
        """Copy the checkpoint as it is, readable or not, and its journal. Answers where; None when there is none."""
        folder, stamp = self._backups(stack), time.time_ns()
        make_folder(folder)
        copied = None
        for file in (self._journal(stack), self._file(stack)):
            if file.exists():
                copied = folder / f"{stack}.{stamp}{file.suffix}"
                copy_file(file, copied)
        return copied

    def rename(self, old: str, new: str) -> Path | None:
        """Give a stack another name: in its state, its file and its history. Answers the copy of the old state.

        Raises StackNotFound, and StateError when the new name is taken or the state cannot be read or saved.
        """
        self.get(old)
        with self.held(old), self.held(new):
            if new in self.stacks():
                raise StateError(
                    "The name is taken.",
                    f"There is a stack `{new}` already. Nothing was changed.",
                    hint="choose another.",
                )
            snapshot, manager = self.read(old)
            rename_stack(snapshot, self.project, old, new)
            kept = self.back_up(old)
            self.write(new, state_file.render(snapshot, manager, project=self.project, stack=new))
            self._move_history(old, new)
            self._drop_files(old)
        return kept

    def histories(self, stack: str, limit: int | None = None) -> list[dict[str, Any]]:
        """What was done to the stack, the newest first, as Pulumi writes it. An entry that is damaged says so."""
        if stack not in self.stacks():
            self.get(stack)  # which says so
        paths = sorted(self._history(stack).glob("*.history.json"), reverse=True)
        return [read_history(path) for path in paths[:limit]]

    def _move_history(self, old: str, new: str) -> None:
        source, target = self._history(old), self._history(new)
        if not source.exists():
            return
        make_folder(target)
        with explained(target):
            for path in source.iterdir():
                path.rename(target / path.name.replace(f"{old}-", f"{new}-", 1))
            source.rmdir()

    def _drop_files(self, stack: str) -> None:
        """The checkpoint stays as ``.bak``."""
        file = self._file(stack)
        with explained(file):
            self._journal(stack).unlink(missing_ok=True)
            file.with_suffix(".json.attrs").unlink(missing_ok=True)  # the Pulumi CLI's note on a file that it wrote
            if file.exists():
                file.replace(file.with_suffix(".json.bak"))

    def _parse(self, stack: str, text: str, salt: str, *, strict: bool) -> tuple[Snapshot, PassphraseManager]:
        if not text:
            return Snapshot(salt=salt), self.new_manager(stack, salt)
        with self._naming_backup(stack):
            snapshot, manager = state_file.parse(text, self.passphrase, place=str(self._file(stack)), strict=strict)
        if salt and not manager.has_state:
            manager = PassphraseManager(self.passphrase, salt)
            snapshot.salt = salt
        return snapshot, manager

    def new_manager(self, stack: str, salt: str = "") -> PassphraseManager:
        """A secrets manager for a stack that has no secret yet, or whose salt is known."""
        return PassphraseManager(self.passphrase, salt, kin=lambda: self._salt_beside(stack))

    def _salt_beside(self, stack: str) -> str:
        """The state of the secrets manager of another stack; empty when there is none, or it cannot be read."""
        for other in self.stacks():
            if other != stack:
                try:
                    found = _SALT.search(self._file(other).read_text("utf-8"))
                except (OSError, UnicodeDecodeError):
                    continue
                if found:
                    return found[1]
        return ""

    def _read_text(self, stack: str) -> str:
        try:
            text = self._file(stack).read_text("utf-8")
        except FileNotFoundError:
            return self._read_compressed(stack)
        except (OSError, UnicodeDecodeError) as error:
            raise StateError(
                "The state cannot be read.", f"{self._file(stack)}: {error}", hint="make the file readable."
            ) from error
        if not text.strip():
            with self._naming_backup(stack):
                raise state_file.damaged(str(self._file(stack)), "it is empty")
        return text

    @contextmanager
    def _naming_backup(self, stack: str) -> Iterator[None]:
        """Say of a damaged state which copy is the newest good one."""
        try:
            yield
        except state_file.Damaged as error:
            for copy in sorted(self._backups(stack).glob(f"{stack}.*.json"), reverse=True):
                if _is_good(copy, self.passphrase):
                    raise error.with_backup(copy) from error
            raise

    def _read_compressed(self, stack: str) -> str:
        """A checkpoint that the Pulumi CLI wrote under PULUMI_DIY_BACKEND_GZIP; empty when there is none."""
        file = self._compressed(stack)
        if not file.exists():
            return ""
        try:
            return gzip.decompress(file.read_bytes()).decode("utf-8")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise state_file.damaged(str(file), f"it cannot be unpacked: {error}") from error

    def _compressed(self, stack: str) -> Path:
        return self._file(stack).with_suffix(".json.gz")

    def write(self, stack: str, text: str) -> None:
        """Put a checkpoint in the place of the old one, which is kept as ``.bak``; it is not compressed."""
        file, packed = self._file(stack), self._compressed(stack)
        if file.exists():
            write_file(file.with_suffix(".json.bak"), file.read_text("utf-8"))
        write_file(file, text)
        if packed.exists():
            with explained(packed):
                packed.replace(packed.with_suffix(".gz.bak"))

    def add_history(self, stack: str, entry: History, text: str) -> None:
        """Tell what an operation did, and keep a copy of the checkpoint it left."""
        stamp = time.time_ns()
        folder, backups = self._history(stack), self._backups(stack)
        make_folder(folder)
        make_folder(backups)
        write_file(folder / f"{stack}-{stamp}.history.json", history_json(entry))
        write_file(folder / f"{stack}-{stamp}.checkpoint.json", text)
        write_file(backups / f"{stack}.{stamp}.json", text)
        for path in sorted(backups.glob(f"{stack}.*.json"))[:-BACKUPS_KEPT]:
            path.unlink(missing_ok=True)

    def _write_meta(self) -> None:
        path = self._home / "meta.yaml"
        if not path.exists():
            write_file(path, "version: 1\n")

    def _file(self, stack: str) -> Path:
        return self._stacks / f"{stack}.json"

    def _journal(self, stack: str) -> Path:
        return self._stacks / f"{stack}.journal"

    def _backups(self, stack: str) -> Path:
        return self._home / "backups" / self.project / stack

    def _history(self, stack: str) -> Path:
        return self._home / "history" / self.project / stack


class Session:
    """A stack that is held by this process."""

    def __init__(self, store: FileStore, stack: str, snapshot: Snapshot, manager: PassphraseManager) -> None:
        self.store, self.stack, self.snapshot, self.manager = store, stack, snapshot, manager
        self._text = store._read_text(stack)
        self._concluded = False
        self.journal = self._new_journal()

    def fold_rest(self) -> bool:
        """Fold what an operation that died left in its journal, so that ours can start. True when there was any."""
        path = self.journal.path
        lines = journal.read_lines(path)
        is_there = bool(lines.whole) and not journal.is_folded(lines, self._text)
        if is_there:
            text = self._render()
            journal.append_folded(path, text)
            self._save(text)
        path.unlink(missing_ok=True)
        return is_there

    def conclude(self, entry: History) -> None:
        """Fold the journal and add to the stack's history. Raises StateError; the journal then holds what is known."""
        self._concluded = True
        self._fold()
        self.store.add_history(self.stack, entry, self._text)

    def close(self) -> None:
        """Fold what is left. What cannot be folded stays in the journal, and is read from there next time."""
        try:
            if not self._concluded:
                self._fold()
        finally:
            self.journal.close(remove=False)

    def _fold(self) -> None:
        if not self.journal.is_written and (self._text or not self.snapshot.records):
            return
        text = self._render()
        self.journal.folded(text)
        self._save(text)
        self.journal.close(remove=True)
        self.journal = self._new_journal()

    def _save(self, text: str) -> None:
        self.store.write(self.stack, text)
        self._text = text
        self.journal.base = journal.digest(text)

    def _render(self) -> str:
        relink(self.snapshot)
        return state_file.render(self.snapshot, self.manager, project=self.store.project, stack=self.stack)

    def _new_journal(self) -> Journal:
        path = self.store._journal(self.stack)
        return Journal(path, self.snapshot, self.manager, journal.digest(self._text))


def _is_good(copy: Path, passphrase: Callable[[], str]) -> bool:
    try:
        state_file.parse(copy.read_text("utf-8"), passphrase, place=str(copy))
    except (AuthenticationError, StateError, OSError, UnicodeDecodeError):
        return False
    return True
