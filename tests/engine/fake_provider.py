"""A cloud in memory that records its calls and fails when told to: what the engine's tests deploy to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlops_iac.core.errors import CloudError, NotEmulated
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import UNKNOWN, Props
from tests.support.one_package import OnePackage


class FakeHandler:
    """One resource type. Its physical name is the input ``label``, made from the logical name when left out."""

    def __init__(self, cloud: FakeCloud, type: str) -> None:
        self.cloud, self.type = cloud, type

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        self.cloud.checked.append((self.type, name))
        if new.get("broken"):
            raise CloudError("Bad input.", f"`{name}` is broken.")
        inputs = dict(new)
        if "label" not in inputs:
            inputs["label"] = (old or {}).get("label") or f"{name}-{self.cloud.next_suffix()}"
        return inputs

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & {"label", "place"}

    def moves(self, was: Props, will: Props) -> bool:
        return was != will

    def deletes_before_replace(self, old: Props, new: Props, *, moved: bool = False) -> bool:
        return old.get("label") == new.get("label")

    def secrets(self) -> frozenset[str]:
        return frozenset({"password"})

    def create(self, scope: Scope, inputs: Props) -> Created:
        label = inputs["label"]
        self.cloud.called("create", label)
        if label in self.cloud.things:
            raise CloudError("Exists.", f"`{label}` exists already.", code="AlreadyExists")
        self.cloud.put(label, {**inputs, "region": scope.region, "made": len(self.cloud.calls)})
        self.cloud.created(label)
        return Created(label, self._outputs(label))

    def read(self, scope: Scope, id: str, outputs: Props) -> Created | None:
        self.cloud.called("read", id)
        return Created(id, self._outputs(id)) if id in self.cloud.things else None

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        self.cloud.called("find", inputs["label"])
        return (
            Created(inputs["label"], self._outputs(inputs["label"])) if inputs["label"] in self.cloud.things else None
        )

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        self.cloud.called("update", id)
        self.cloud.put(id, {**self.cloud.things[id], **new})
        return self._outputs(id)

    def delete(self, scope: Scope, id: str, outputs: Props) -> None:
        self.cloud.called("delete", id)
        self.cloud.drop(id)

    def _outputs(self, label: str) -> dict[str, Any]:
        thing = {key: value for key, value in self.cloud.things[label].items() if key not in ("region", "made")}
        return {**thing, "arn": f"arn:fake:{label}", "password": f"word-of-{label}"}


class FakeCloud(OnePackage):
    """The provider. ``things`` is what exists, by physical name; with a ``file`` it outlives the process."""

    name = "fake"

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.things: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file and file.exists() else {}
        self.calls: list[tuple[str, str]] = []
        self.checked: list[tuple[str, str]] = []
        self.fails: dict[tuple[str, str], Exception] = {}
        """(call, physical name) to what it raises."""
        self.slow: dict[tuple[str, str], float] = {}
        """(call, physical name) to seconds."""
        self.created: Callable[[str], None] = lambda label: None
        self.busiest = 0
        """The most calls that ran at once."""
        self._running = 0
        self._suffix = 0
        self._lock = threading.Lock()

    def handler(self, type: str) -> FakeHandler:
        if not type.startswith("fake:"):
            raise NotEmulated(type)
        return FakeHandler(self, type)

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        if token == "fake:index/whoami:whoami":
            return {"accountId": self.account_id, "region": scope.region, **args}
        raise NotEmulated(token)

    def called(self, call: str, label: str) -> None:
        with self._lock:
            self.calls.append((call, label))
            self._running += 1
            self.busiest = max(self.busiest, self._running)
        time.sleep(self.slow.get((call, label), self.slow.get((call, "*"), 0.0)))
        with self._lock:
            self._running -= 1
        if (call, label) in self.fails:
            raise self.fails[call, label]

    def changing_calls(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] in ("create", "update", "delete")]

    def next_suffix(self) -> str:
        with self._lock:
            self._suffix += 1
            return f"{self._suffix:07x}"

    def put(self, label: str, thing: Mapping[str, Any]) -> None:
        with self._lock:
            assert UNKNOWN not in thing.values(), "a handler was given an unknown value"
            self.things[label] = dict(thing)
            self._save()

    def drop(self, label: str) -> None:
        with self._lock:
            self.things.pop(label, None)
            self._save()

    def _save(self) -> None:
        if self._file:
            self._file.write_text(json.dumps(self.things))
