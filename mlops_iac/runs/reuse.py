"""Which steps of a run take over what a run before made, decided when it starts.

A step with a ``cache`` has a key of what it does: its definition, the code that it can use, its parameters, the data
that they name, and for what it reads of other steps the runs that made it. A run that is to do such a step says so in
the lake, ``models/cache/<key>.json``, before it starts. A later run with the same key takes over what that one made,
when the step succeeded in it, what it made lies there still, and it is no older than the step's ``days``.

So a step is taken over only when every step that it reads is. Two runs at the same time both do their work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.cache_keys import key_of
from mlops_iac.core.environment import FOLDERS, Environment, Pipeline, Step
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.pipelines.order import Cached
from mlops_iac.runs.calls import calling
from mlops_iac.runs.data_manifest import DataManifest
from mlops_iac.runs.lake import find_content, upload
from mlops_iac.runs.names import RUN_ID, moment_of
from mlops_iac.runs.pack import PackedCode
from mlops_iac.runs.runners import Runner
from mlops_iac.runs.runners.execution import History
from mlops_iac.runs.step_code import code_key

MOST_BYTES = 4096
"""Of a file that names a run."""


def may_reuse(pipeline: Pipeline) -> bool:
    return any("cache" in step.facts for step in pipeline.steps)


@dataclass
class Reuse:
    """One run that is about to start."""

    environment: Environment
    pipeline: Pipeline
    clients: Clients
    runner: Runner
    code: PackedCode
    values: Mapping[str, Any]
    """Of the pipeline's parameters."""
    data: Mapping[str, DataManifest]
    """Parameter that names data to what that is."""
    run: str
    now: datetime
    looks: bool = True
    """False: everything is done anew (`--no-cache`)."""
    _histories: dict[str, History | None] = field(default_factory=dict)

    def plan(self) -> dict[str, Cached]:
        """Step to what is known of it, for steps with a cache."""
        found: dict[str, Cached] = {}
        for step in self.pipeline.steps:
            if "cache" in step.facts:
                found[step.name] = self._plan(step, found)
        return found

    def claim(self, planned: Mapping[str, Cached]) -> None:
        """Say in the lake which steps this run will do."""
        if not self.runner.takes_over:
            return
        body = json.dumps({"run": self.run}).encode()
        for one in planned.values():
            if one.left is None and one.key:
                upload(self.environment, self.clients, self._place(one.key), body)

    def _plan(self, step: Step, found: Mapping[str, Cached]) -> Cached:
        facts, scripts = step.facts["cache"], self.pipeline.scripts
        sources = {name: found[name].run if name in found else self.run for name in facts["steps"]}
        code = code_key(self.code, scripts.get(step.name), {*scripts.values()})
        values = {name: self.values[name] for name in facts["parameters"]}
        inputs = self._inputs(facts)
        key = key_of(self.pipeline.name, step.name, facts["definition"], code, values, inputs, sources)
        if any(name not in found for name in sources):
            key = ""  # what is done anew in every run is never the same again
        looks = self.looks and key and self.run not in sources.values()
        run, left = (self._find(step, key) if looks else None) or (self.run, None)
        return Cached(key=key, inputs=inputs if self.looks else self.run, run=run, left=left)

    def _inputs(self, facts: Mapping[str, Any]) -> str:
        return key_of({name: self._data(name) for name in facts["parameters"]})

    def _data(self, parameter: str) -> str:
        """What data a parameter names, if it names some. More than can be looked at is never the same again."""
        manifest = self.data.get(parameter)
        if manifest is None:
            return ""
        return manifest.digest if manifest.complete else self.run

    def _find(self, step: Step, key: str) -> tuple[str, Mapping[str, Any]] | None:
        """The run that did the same, and what the step left there."""
        run = self._claimed(key) if self.runner.takes_over else None
        if run is None or self.now - moment_of(run) > timedelta(days=step.facts["cache"]["days"]):
            return None
        history = self._history(run)
        done = history is not None and any(one.name == step.name and one.status == "succeeded" for one in history.steps)
        if (
            history is None
            or not done
            or not all(self._is_there(each.format(run=run)) for each in step.facts.get(FOLDERS, ()))
        ):
            return None
        return run, history.left.get(step.name, {})

    def _claimed(self, key: str) -> str | None:
        store = self.environment.get_store(self.pipeline.store)
        try:
            body = read_json(find_content(store, self.clients, self._place(key), MOST_BYTES) or b"null")
        except NotStrictJson:
            return None
        run = body.get("run") if isinstance(body, dict) else None
        return run if isinstance(run, str) and RUN_ID.fullmatch(run) else None

    def _history(self, run: str) -> History | None:
        if run not in self._histories:
            execution = self.runner.find(run)
            self._histories[run] = self.runner.read_history(execution) if execution else None
        return self._histories[run]

    def _is_there(self, prefix: str) -> bool:
        bucket = self.environment.get_store(self.pipeline.store).bucket
        with calling("s3:ListObjectsV2", prefix):
            answer = self.clients("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
        return bool(answer.get("KeyCount"))

    def _place(self, key: str) -> str:
        return f"{self.environment.lake.zones['models']}cache/{key}.json"
