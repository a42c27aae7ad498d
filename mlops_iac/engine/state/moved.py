"""A note beside the stacks of a backend: a state went to another backend, or is on its way here.

It lies where Pulumi lists no stacks: ``.pulumi/moved/<project>/<stack>.json``. While it is there nobody of ours goes on
with the state beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from mlops_iac.core.errors import StateError
from mlops_iac.core.strict_json import NotStrictJson, read_json


def note_key(project: str, stack: str) -> str:
    """Below the backend's root, with forward slashes."""
    return f".pulumi/moved/{project}/{stack}.json"


@dataclass(frozen=True, kw_only=True)
class MovedNote:
    to: str
    """Where the state is, or is to be, as `pulumi login` takes it."""
    source: str
    """Where it was."""
    done: bool
    """Whether it is there: this is the note of the old place. False: it is on its way, and this is the new place's."""
    since: str
    """When, UTC."""

    def text(self) -> str:
        return json.dumps({"to": self.to, "from": self.source, "done": self.done, "since": self.since}, indent=4) + "\n"

    @classmethod
    def read(cls, text: str, place: str) -> MovedNote:
        """Raises StateError for what is no such note: what it is about is then not to be touched."""
        try:
            fields = read_json(text)
            return cls(to=fields["to"], source=fields["from"], done=fields["done"], since=fields["since"])
        except (NotStrictJson, ValueError, KeyError, TypeError) as error:
            raise StateError(
                "A note about a moved state cannot be read.",
                f"{place}: {error}.",
                hint="look where the state is, and delete this file where it is here.",
            ) from error

    def refuse(self, stack: str) -> StateError:
        """What is said to who would go on here."""
        if not self.done:
            return StateError(
                "A move of the state was cut off.",
                f"`{stack}` was on its way from {self.source} to here since {self.since}; it is still there.",
                hint=f"end it: `mlops-iac state move {stack} --from {self.source} --to {self.to}`.",
            )
        return StateError(
            "The state was moved.",
            f"`{stack}` is kept in {self.to} since {self.since}. What lies here is a copy from before.",
            hint="go on there: `backend: {url: …}` in Pulumi.yaml, and Pulumi's own engine. Or bring it back:"
            f" `mlops-iac state move {stack} --from {self.to} --to {self.source}`.",
        )
