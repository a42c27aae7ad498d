"""A backend that deploys nothing: it answers what it was given and remembers what it was asked. For tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import StackNotFound
from mlops_iac.engine.deciding.options import DEFAULTS, Options
from mlops_iac.engine.event import OnEvent, Result, Summary, ignore

if TYPE_CHECKING:
    from mlops_iac.clients import Clients

NOTHING = Result(steps=(), changes={}, outputs={}, seconds=0.0)


@dataclass
class RecordingBackend:
    """Give it results by verb; read ``asked`` and ``options`` afterwards."""

    results: Mapping[str, Result] = field(default_factory=dict)
    root: Path = field(default_factory=Path)
    stack: str = "recorded-dev"
    place: str = "nowhere"
    can_look: bool = False
    asked: list[str] = field(default_factory=list)
    options: list[Options] = field(default_factory=list)
    """Of each operation that was asked for, in order."""
    recorded_clients: Clients | None = None

    def _answer(self, verb: str, on_event: OnEvent, options: Options) -> Result:
        self.asked.append(verb)
        self.options.append(options)
        result = self.results.get(verb, NOTHING)
        on_event(Summary(changes=result.changes, seconds=result.seconds, outcome=result.outcome))
        return result

    def preview(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        return self._answer("preview", on_event, options)

    def up(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        return self._answer("up", on_event, options)

    def refresh(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        return self._answer("refresh-preview" if preview else "refresh", on_event, options)

    def destroy(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        return self._answer("destroy-preview" if preview else "destroy", on_event, options)

    def remove(self) -> None:
        self.asked.append("remove")

    def outputs(self) -> dict[str, Any]:
        self.asked.append("outputs")
        return dict(self.results.get("up", NOTHING).outputs)

    def history(self) -> list[dict[str, Any]]:
        self.asked.append("history")
        return []

    def export(self) -> str:
        self.asked.append("export")
        return '{"version": 3, "deployment": {}}'

    def environment(self) -> Environment:
        return Environment.from_outputs(self.outputs())

    def clients(self, *, quick: bool = False) -> Clients:
        if self.recorded_clients is None:
            raise StackNotFound("No such environment.", "This backend deploys nothing.")
        return self.recorded_clients

    def keep(self) -> None:
        """Nothing was done."""
