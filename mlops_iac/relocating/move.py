"""Moving one state to another backend, so that at every moment exactly one place has the state that counts.

1. Both places are held, by locks that Pulumi's CLI sees too.
2. The new place gets a note: it is on its way. Nobody of ours goes on there.
3. The new place gets the history and the checkpoint, which are read back.
4. The old place gets a note: it is gone. From here on the new place counts.
5. The note of the new place is taken away.
6. The old checkpoint becomes a backup.

What is cut off is ended by the same command: before 4 it begins anew, after it the rest is done.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.core.errors import StackNotFound, StateError, UsageError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.state.moved import MovedNote, note_key
from mlops_iac.engine.state.record import now
from mlops_iac.relocating.places import StatePlace

Settle = Callable[[str], None]
"""Folds what an operation that died left of a stack into its checkpoint, at the old place, which is held."""

Step = Callable[[str], None]

STEPS: Final = ("held", "noted there", "copied", "noted here", "taken over", "put aside")
"""After each of them a move may be cut off."""


@dataclass(frozen=True, kw_only=True)
class Relocated:
    """A state that was moved."""

    stack: str
    resources: int
    digest: str
    """SHA-256 of the checkpoint, which is the same at both places."""
    backup: str
    """Key of the old checkpoint at the old place."""
    history: int
    """Files of its history."""


@dataclass(frozen=True, kw_only=True)
class Relocation:
    """From one place to another, for the stacks of one project."""

    source: StatePlace
    target: StatePlace
    project: str
    settle: Settle = lambda stack: None
    rewrite: Callable[[str], str] = lambda text: text
    """What is made of the checkpoint on its way: secrets under another key. Left out: carried as it is."""
    told: Step = lambda step: None
    """Called after each step."""

    def __post_init__(self) -> None:
        if self.source.url == self.target.url:
            raise UsageError("Nothing to move.", f"Both places are {self.target.url}.", hint="name another with --to.")

    def stacks(self) -> list[str]:
        """Of the project, at the old place: also those whose move was cut off."""
        prefix = f".pulumi/stacks/{self.project}/"
        names = [key.removeprefix(prefix) for key in self.source.keys(prefix)]
        endings = (".json", ".journal")
        return sorted({name.removesuffix(end) for name in names for end in endings if name.endswith(end)})

    def move(self, stack: str) -> Relocated:
        """Raises StackNotFound, and StateError when one of the places is held, has the stack already, or is not what it
        was when it is read back. What counts until then is untouched."""
        with self.source.held(self.project, stack), self.target.held(self.project, stack):
            self.told("held")
            note = self.note(self.source, stack)
            if note is None or not note.done:
                self.settle(stack)
                text = self.rewrite(self.checkpoint(stack))
                self.refuse_taken(stack)
                self.note_down(self.target, stack, done=False)
                self.told("noted there")
                count = self.copy_history(stack)
                self.publish(stack, text)
                self.told("copied")
                self.note_down(self.source, stack, done=True)
                self.told("noted here")
            else:
                text, count = self.arrived(stack, note), 0
            self.target.delete(note_key(self.project, stack))
            self.told("taken over")
            backup = self.put_aside(stack)
            self.told("put aside")
        return Relocated(stack=stack, resources=count_of(text), digest=digest(text), backup=backup, history=count)

    def checkpoint(self, stack: str) -> str:
        text = self.source.read(self.key(stack))
        if text is None:
            hint = did_you_mean(stack, self.stacks())
            raise StackNotFound("No such stack.", f"`{stack}` is not among the stacks in {self.source.url}.", hint=hint)
        return text

    def refuse_taken(self, stack: str) -> None:
        """The new place may have it only from an earlier try, which its note says."""
        note = self.note(self.target, stack)
        is_ours = note is not None and not note.done and note.source == self.source.url
        if self.target.read(self.key(stack)) is not None and not is_ours:
            raise StateError(
                "There is such a stack already.",
                f"{self.target.url} has a stack `{stack}` of project `{self.project}`. Nothing was changed.",
                hint="look which of them is the right one; `pulumi stack rm` removes an empty one.",
            )

    def arrived(self, stack: str, note: MovedNote) -> str:
        """What an earlier try brought to the new place. Raises StateError where it went to another place."""
        text = self.target.read(self.key(stack)) if note.to == self.target.url else None
        if text is None:
            raise note.refuse(stack)
        return text

    def publish(self, stack: str, text: str) -> None:
        self.target.write(".pulumi/meta.yaml", self.target.read(".pulumi/meta.yaml") or "version: 1\n")
        self.target.write(self.key(stack), text)
        came = self.target.read(self.key(stack))
        if came is None or digest(came) != digest(text):
            raise StateError(
                "The state did not arrive as it was.",
                f"{self.target.url} answers another `{stack}` than was written there. The old place still counts.",
                hint="run it again; when it happens again, look at who else writes there.",
            )

    def copy_history(self, stack: str) -> int:
        keys = self.source.keys(f".pulumi/history/{self.project}/{stack}/")
        for key in keys:
            self.target.write(key, self.source.read(key) or "")
        return len(keys)

    def put_aside(self, stack: str) -> str:
        """The old checkpoint as a backup of the old place; it is written before the other one goes."""
        text = self.source.read(self.key(stack))
        folder = f".pulumi/backups/{self.project}/{stack}/"
        backup = f"{folder}{stack}.{time.time_ns()}.json"
        if text is None:  # an earlier try came as far as this
            return next(reversed(self.source.keys(folder)), "")
        self.source.write(backup, text)
        for ending in (".json", ".json.attrs", ".json.bak", ".journal"):
            self.source.delete(self.key(stack).removesuffix(".json") + ending)
        return backup

    def note(self, place: StatePlace, stack: str) -> MovedNote | None:
        key = note_key(self.project, stack)
        text = place.read(key)
        return MovedNote.read(text, f"{place.url}: {key}") if text is not None else None

    def note_down(self, place: StatePlace, stack: str, *, done: bool) -> None:
        note = MovedNote(to=self.target.url, source=self.source.url, done=done, since=now())
        place.write(note_key(self.project, stack), note.text())

    def key(self, stack: str) -> str:
        return f".pulumi/stacks/{self.project}/{stack}.json"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def count_of(text: str) -> int:
    """Resources of a checkpoint."""
    return len(latest(text).get("resources") or ())


def latest(text: str) -> dict[str, Any]:
    """The deployment inside a checkpoint. Raises StateError for what is none: such a state is not moved."""
    try:
        found: dict[str, Any] = read_json(text)["checkpoint"].get("latest") or {}
    except (NotStrictJson, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            "The state cannot be read.",
            f"It is no checkpoint: {error}.",
            hint="mend it first: `mlops-iac state repair`.",
        ) from error
    return found


def dumps(document: Any) -> str:
    return json.dumps(document, indent=4, ensure_ascii=False) + "\n"
