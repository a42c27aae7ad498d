"""A resource's life, in the steps each engine takes with its handler: check, compare, create, update, delete, read.

Ours decides and records around them (`deciding/planning.py`, `doing/calls.py`), and Pulumi's is answered with them over
its plugin protocol (`cloud/plugin/life_cycle.py`): so both come to the same inputs, decisions and outputs. Values may
hold secrets; a handler is given them in clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_iac.engine.doing.unfinished import finish
from mlops_iac.engine.handler import Created, Handler, Scope
from mlops_iac.engine.values.value import UNKNOWN, Props, Secret, conceal, conceal_copies, reveal


@dataclass(frozen=True)
class LifeCycle:
    """Of one resource: its type's handler, and where its provider points."""

    handler: Handler
    scope: Scope

    def check(self, name: str, asked: Props, old: Props | None) -> dict[str, Any]:
        """The inputs as they are stored: completed by the handler, secrets marked as they came.

        Without ``old`` it is a new one, with an automatic name of its own.
        """
        checked = self.handler.check(self.scope, name, None if old is None else reveal(old), reveal(asked))
        marked: dict[str, Any] = conceal({key: value for key, value in checked.items() if value is not None}, asked)
        return marked

    def forcing(self, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        """Of the changed inputs, by their names at the top, those that the handler cannot change in place."""
        return frozenset(self.handler.replaces(self.scope, reveal(old), reveal(new), changed)) & changed

    def expected(self, inputs: Props, changed: frozenset[str], outputs: Props) -> dict[str, Any]:
        """Outputs of an update in a preview: the old ones overlaid with the inputs that changed.

        What the cloud computed is taken to stay, which is true of identities (ARNs, names, ids) and lets a preview say
        more than "unknown". A handler whose updates change computed outputs names them in an optional method
        ``recomputes(changed: frozenset[str]) -> frozenset[str]``; those are unknown.
        """
        kept = {key: value for key, value in outputs.items() if key not in changed}
        recomputes = getattr(self.handler, "recomputes", None)
        unknown = dict.fromkeys(recomputes(changed), UNKNOWN) if recomputes else {}
        return {**kept, **{key: inputs[key] for key in changed & inputs.keys()}, **unknown}

    def create(self, inputs: Props) -> Created:
        """Raises `Unfinished` when it was made and a further call failed."""
        return self.handler.create(self.scope, reveal(inputs))

    def update(self, id: str, old: Props, new: Props, outputs: Props, *, begun: bool = False) -> Created:
        """``begun`` is an update of what a create has not finished. Raises `Unfinished` when it is not now either."""
        before, after, known = reveal(old), reveal(new), reveal(outputs)
        if begun:
            return finish(self.handler, self.scope, Created(id, known), begun_with=before, inputs=after)
        return Created(id, self.handler.update(self.scope, id, before, after, known))

    def read(self, id: str, outputs: Props) -> Created | None:
        """None when it is gone."""
        return self.handler.read(self.scope, id, reveal(outputs))

    def find(self, inputs: Props) -> Created | None:
        """What a create that was cut off has made, by its physical name."""
        return self.handler.find(self.scope, reveal(inputs))

    def delete(self, id: str, outputs: Props) -> None:
        self.handler.delete(self.scope, id, reveal(outputs))

    def seal(self, outputs: Props, inputs: Props, secret: tuple[str, ...] = ()) -> dict[str, Any]:
        """What a cloud answered, with that marked which the handler, the program (``secret``) or a secret input makes
        so, wherever its text comes back."""
        marked: dict[str, Any] = conceal_copies(mark(outputs, inputs, {*self.handler.secrets(), *secret}), inputs)
        return marked


def mark(outputs: Props, inputs: Props, secret: set[str]) -> dict[str, Any]:
    """Outputs with those marked secret that are named, or are inputs that are; without those that have no value."""
    said = {key: value for key, value in outputs.items() if value is not None}
    for key in secret & said.keys():
        if not isinstance(said[key], Secret):
            said[key] = Secret(said[key])
    return {key: conceal(value, inputs[key]) if key in inputs else value for key, value in said.items()}
