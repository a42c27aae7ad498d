"""A team's own pipelines: ``pipelines/<name>.yaml`` in its code folder, over those of the blueprint.

Nothing is executed to read them, so a preview of a stranger's change is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from mlops_iac.config.document import Document, parse_document
from mlops_iac.config.document import Path as KeyPath
from mlops_iac.config.problems import problems_of, within_limit
from mlops_iac.config.text import read_text
from mlops_iac.core.errors import ConfigError, MlopsError, PipelineError, Problem
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.definition import Definition, fields_of, laid_over, read_parameters, with_cache
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import STEP_NAME
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import FAMILY as KINDS
from mlops_iac.pipelines.steps import Step
from mlops_iac.pipelines.triggers import Fault

FOLDER: Final = "pipelines"
MOST_FILES: Final = 50
"""How many pipelines one team may write; nobody has more, and a preview reads them all."""

M = TypeVar("M", bound=PipelineModel)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A pipeline, and the file that says it."""

    pipeline: Pipeline
    document: Document | None = None
    """None: the blueprint's own, unchanged."""

    @property
    def file(self) -> str:
        """As shown to people; empty for the blueprint's own."""
        return self.document.file if self.document else ""

    def says(self, step: str, key: str) -> bool:
        """Whether the file itself says this of a step, and not what it extends."""
        steps = self.document.values.get("steps", {}) if self.document else {}
        return key in (steps.get(step) or {})

    def problem(self, step: str, key: str, summary: str, detail: str, hint: str) -> Problem:
        """A problem with what the file says of a step; ``key`` may lead into a map, by dots."""
        assert self.document
        return self.document.problem(("steps", step, *key.split(".")), summary, detail, hint)

    def says_trigger(self, name: str) -> bool:
        """Whether the file itself says this trigger."""
        return self.document is not None and name in (self.document.values.get("triggers") or {})

    def trigger_problem(self, fault: Fault, summary: str) -> Problem:
        """A problem with what the file says of a trigger."""
        assert self.document
        at = ("triggers", fault.trigger, fault.field)
        return self.document.problem(at, summary, fault.detail, fault.hint)

    def placed(self, error: MlopsError) -> MlopsError:
        """An error about the pipeline, with the file and line of each step that it names."""
        if self.document is None:
            return error
        names = {step.name for step in self.pipeline.steps}
        return type(error).of(_placed(problem, self.document, names) for problem in error.problems)


def read_pipelines(root: Path, folder: Path, own: Sequence[Pipeline]) -> tuple[Written, ...]:
    """The blueprint's pipelines, as the team's files in ``folder`` change them, and then the team's others, by name.

    Raises ConfigError with everything that is wrong in all files.
    """
    known = {pipeline.name: pipeline for pipeline in own}
    found: dict[str, Written] = {}
    problems: list[Problem] = []
    for path in _files(root, folder):
        try:
            written = _read_file(root, path, known)
        except ConfigError as error:
            problems += error.problems
        else:
            found[written.pipeline.name] = written
    if problems:
        raise ConfigError.of(within_limit(problems))
    changed = [found.pop(name) if name in found else Written(pipeline=known[name]) for name in known]
    return (*changed, *found.values())


def _files(root: Path, folder: Path) -> list[Path]:
    place = folder / FOLDER
    if not place.is_dir():
        return []
    shown = place.relative_to(root).as_posix()
    there = sorted(path for path in place.iterdir() if not path.name.startswith("."))
    files = [path for path in there if path.suffix == ".yaml"]
    if strays := [path.name for path in there if path.suffix == ".yml"]:
        detail = f"`{strays[0]}` would be ignored: pipelines are read from files that end in .yaml."
        raise ConfigError("A pipeline's file has another ending.", detail, hint="rename it.", file=shown)
    if len(files) > MOST_FILES:
        detail = f"There are {len(files)}; a team may have {MOST_FILES}."
        raise ConfigError("Too many pipelines.", detail, hint="remove those that nobody runs.", file=shown)
    return files


def _read_file(root: Path, path: Path, own: Mapping[str, Pipeline]) -> Written:
    shown = path.relative_to(root).as_posix()
    if not STEP_NAME.fullmatch(path.stem):
        detail = f"`{path.stem}` must be small letters, digits and single hyphens, a letter first, 16 at most."
        raise ConfigError("A pipeline's file has no name for a pipeline.", detail, hint="rename it.", file=shown)
    document = parse_document(read_text(path, root, shown), shown, what="pipeline's file")
    reading = _Reading(document, path.stem, own, list(document.problems))
    pipeline = reading.read()
    if reading.problems or pipeline is None:
        raise ConfigError.of(reading.problems)
    return Written(pipeline=pipeline, document=document)


@dataclass
class _Reading:
    """One file, and what is wrong with it so far."""

    document: Document
    name: str
    own: Mapping[str, Pipeline]
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> Pipeline | None:
        definition = self._validated(Definition, self.document.values, ())
        if definition is None:
            return None
        below = self._extended(definition)
        steps = [with_cache(step, definition.cache) for step in self._steps(definition.steps, below)]
        parameters = self._parameters(definition.parameters, below)
        if self.problems:
            return None
        # Another pipeline that extends one is not started by what starts that one.
        same = below if below and below.name == self.name else None
        triggers = {**(same.triggers if same else {}), **definition.triggers}
        made = self._pipeline(parameters, steps, definition)
        return made.model_copy(update={"triggers": triggers}) if made else None

    def _extended(self, definition: Definition) -> Pipeline | None:
        name = definition.extends
        if name is None and self.name in self.own:
            detail = f"The blueprint has a pipeline `{self.name}`, which this file would replace."
            self._add((), "A pipeline has the name of the blueprint's.", detail, f"add `extends: {self.name}`.")
        if name is not None and name not in self.own:
            detail = f"The blueprint has no pipeline `{name}`; it has: {', '.join(self.own) or 'none'}."
            self._add(("extends",), "There is no such pipeline to extend.", detail, did_you_mean(name, self.own))
        return self.own.get(name or "")

    def _steps(self, written: Mapping[str, Mapping[str, Any] | None], below: Pipeline | None) -> list[Step]:
        """The extended pipeline's steps in their order, as the file changes them, then the file's own."""
        there = {step.name: step for step in below.steps} if below else {}
        made: dict[str, Step | None] = dict(there)
        for name, fields in written.items():
            if fields is None:
                self._remove("step", name, there)
                made.pop(name, None)
            else:
                made[name] = self._step(name, fields, there)
        return [step for step in made.values() if step]

    def _step(self, name: str, fields: Mapping[str, Any], there: Mapping[str, Step]) -> Step | None:
        below = there.get(name) if "kind" not in fields else None
        kind = type(below) if below else self._kind(name, fields, there)
        if kind is None:
            return None
        own = {key: value for key, value in fields.items() if key != "kind"}
        values = laid_over(fields_of(below) if below else {}, own)
        if isinstance(own.get("job"), Mapping) and "settings" in own["job"]:
            self._add(("steps", name, "job", "settings"), "This key is not known here.", "", "remove it.")
        values.pop("kind", None)
        step = self._validated(kind, {"name": name, **values}, ("steps", name))
        return self._told(step, below, "job" in own) if step else None

    def _told(self, step: Step, below: Step | None, here: bool) -> Step:
        """The step, which knows where its machines are written."""
        if "job" not in type(step).model_fields:
            return step
        inherited = getattr(below, "job", None)
        said = f"{self.document.file}: steps.{step.name}.job" if here or inherited is None else inherited.settings
        job = step.job.model_copy(update={"settings": said})  # type: ignore[attr-defined]
        return step.model_copy(update={"job": job})

    def _kind(self, name: str, fields: Mapping[str, Any], there: Mapping[str, Step]) -> type[Step] | None:
        at = ("steps", name)
        kind = fields.get("kind")
        known = KINDS.sources()
        if kind is None:
            extended = f"the extended pipeline has {', '.join(there)}" if there else "no pipeline is extended"
            detail = f"There is no step `{name}` to change: {extended}."
            near = did_you_mean(name, there) if there else ""
            self._add(
                at, "A step has no kind.", detail, f"{near} A new step says its `kind`: {', '.join(known)}.".strip()
            )
        elif kind not in known:
            detail = f"Value given: {kind!s:.40}. Values allowed: {', '.join(known)}."
            self._add((*at, "kind"), "This value is not one of the choices.", detail, did_you_mean(str(kind), known))
        else:
            found: type[Step] | None = KINDS.find(kind)
            return found
        return None

    def _parameters(self, written: Mapping[str, Mapping[str, Any] | None], below: Pipeline | None) -> list[Parameter]:
        there = {parameter.name: parameter for parameter in below.parameters} if below else {}
        made: dict[str, Parameter | None] = dict(there)
        for name, fields in written.items():
            if fields is None:
                self._remove("parameter", name, there)
                made.pop(name, None)
                continue
            values = laid_over(fields_of(there[name]) if name in there else {}, fields)
            made[name] = self._validated(Parameter, {"name": name, **values}, ("parameters", name))
        return [parameter for parameter in made.values() if parameter]

    def _pipeline(self, parameters: list[Parameter], steps: list[Step], definition: Definition) -> Pipeline | None:
        try:
            pipeline = Pipeline(name=self.name, parameters=tuple(parameters), steps=tuple(steps))
        except PipelineError as error:
            names = {step.name for step in steps}
            removed = {name for name, fields in definition.steps.items() if fields is None}
            for problem in error.problems:
                self.problems.append(self._explained(_placed(problem, self.document, names), removed))
            return None
        read = read_parameters(pipeline)
        for name in definition.parameters:
            if name not in read:
                at = ("parameters", name)
                self._add(at, "No step reads this parameter.", "It would change nothing.", f"use `parameters.{name}`.")
        return pipeline.model_copy(update={"parameters": tuple(p for p in parameters if p.name in read)})

    def _explained(self, problem: Problem, removed: set[str]) -> Problem:
        """A problem with a step that the file itself takes away is told where it does so."""
        for name in sorted(removed):
            if f"there is no step `{name}`" in problem.detail:
                at = ("steps", name)
                detail = f"{problem.detail} It is taken away here."
                hint = "change what reads it, or take that away too."
                line, source = self.document.line(at), self.document.source(at)
                return replace(problem, line=line, source=source, detail=detail, hint=hint)
        return problem

    def _remove(self, noun: str, name: str, there: Mapping[str, Any]) -> None:
        if name not in there:
            detail = f"There is no {noun} `{name}` to take away; there are: {', '.join(there) or 'none'}."
            self._add((f"{noun}s", name), "Nothing is taken away.", detail, did_you_mean(name, there))

    def _validated(self, model: type[M], values: Any, at: KeyPath) -> M | None:
        shift: Callable[[KeyPath], KeyPath] = lambda path: (*at, *path)  # noqa: E731
        if not isinstance(values, dict):
            self._add(at, "This must be a mapping.", "A pipeline's file has `extends:`, `parameters:` and `steps:`.")
            return None
        try:
            return model.validated(values)
        except ValidationError as error:
            self.problems += problems_of(error, model, values, self.document, shift)
            return None

    def _add(self, at: KeyPath, summary: str, detail: str = "", hint: str = "") -> None:
        self.problems.append(self.document.problem(at, summary, detail, hint))


def _placed(problem: Problem, document: Document, steps: set[str]) -> Problem:
    """A problem that names a step (``train.channels.train``), at the nearest line that the file has of it."""
    first, *rest = problem.path.split(".") if problem.path else [""]
    at: KeyPath = ("steps", first, *rest) if first in steps else ("steps",)
    return replace(problem, file=document.file, line=document.line(at), source=document.source(at))
