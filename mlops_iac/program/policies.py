"""From a company's and a stack's file to the settings that policies are asked with, every mistake at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_iac.config.company import Company, Level, read_company
from mlops_iac.config.policies import RuleSection, WaiverSection
from mlops_iac.config.problems import within_limit
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.severity import Severity
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.policy.folder import NoPolicy, list_files, load_file
from mlops_iac.policy.policy import Policy
from mlops_iac.policy.settings import Off, Settings, Waiver
from mlops_iac.policy.table import policies


@dataclass(frozen=True, kw_only=True)
class StackPolicies:
    """How one stack is judged."""

    settings: Settings
    not_run: int = 0
    """Files of the company's folder that were left alone."""


def read_policies(root: Path, stack: str, config: StackConfig | None, *, runs_own: bool = True) -> StackPolicies | None:
    """None for an ordinary Pulumi project whose company file says nothing of policies: it never asked for any.

    ``config`` is None for such a project. ``runs_own=False`` leaves the company's own folder alone.
    Raises ConfigError with every mistake in the company's file and in the stack's waivers.
    """
    company = read_company(root)
    if config is None and not any(_says_something(level) for level in company.levels):
        return None
    own = OwnPolicies(root, company)
    own.load(runs_own)
    known = {policy.name: policy for policy in [*policies(), *own.found]}
    reading = _Reading(company.of(stack), config, known, [*own.problems], skipped=own.skipped)
    settings = reading.settings(stack, tuple(own.found))
    if reading.problems:
        raise ConfigError.of(within_limit(reading.problems))
    return StackPolicies(settings=settings, not_run=own.skipped)


def read_own(root: Path) -> list[Policy]:
    """The company's own policies. Raises ConfigError."""
    own = OwnPolicies(root, read_company(root))
    own.load(True)
    if own.problems:
        raise ConfigError.of(within_limit(own.problems))
    return own.found


class OwnPolicies:
    """Those of the folder that the company's file names."""

    def __init__(self, root: Path, company: Company) -> None:
        self.root, self.level = root, company.levels[0] if company.levels else None
        self.found: list[Policy] = []
        self.problems: list[Problem] = []
        self.skipped = 0

    def load(self, runs: bool) -> None:
        level = self.level
        name = getattr(level.rules.policies, "folder", None) if level else None
        if name is None or level is None:
            return
        folder = self.root / name
        if not folder.resolve().is_relative_to(self.root.resolve()) or not folder.is_dir():
            detail = f"`{name}` is no folder below the project's root."
            self._add("The folder of policies is missing.", detail, "make it, or name another.")
            return
        files = list_files(folder)
        if not files:
            self._add("The folder holds no policy.", f"`{name}` has no Python file.", "add one, or remove the setting.")
        if not runs:
            self.skipped = len(files)
            return
        names = {policy.name: "mlops-iac" for policy in policies()}
        for file in files:
            self._load(file, names)

    def _load(self, file: Path, names: dict[str, str]) -> None:
        shown = file.relative_to(self.root).as_posix()
        try:
            policy = load_file(file)
        except NoPolicy as error:
            self._add("A policy cannot be used.", f"{shown}: {error}", "docs/guides/policy.md shows one.")
            return
        if policy.name in names:
            detail = f"{shown} calls itself `{policy.name}`, as one of {names[policy.name]} does."
            self._add("Two policies have one name.", detail, "give it another.")
            return
        names[policy.name] = shown
        self.found.append(policy)

    def _add(self, summary: str, detail: str, hint: str) -> None:
        assert self.level is not None
        self.problems.append(self.level.problem(("policies", "folder"), summary, detail, hint))


@dataclass
class _Reading:
    levels: tuple[Level, ...]
    config: StackConfig | None
    known: Mapping[str, Policy]
    problems: list[Problem]
    skipped: int = 0
    """With policies that were not loaded, a name that is not known may be theirs."""
    locked: dict[str, str] = field(default_factory=dict)
    """Policies that no stack waives, and who says so."""

    def settings(self, stack: str, own: tuple[Policy, ...]) -> Settings:
        severities: dict[str, Severity] = {}
        off: dict[str, Off] = {}
        parameters: dict[str, dict[str, Any]] = {}
        for level in self.levels:
            for name, rule in level.rules.policies.rules.items():
                at = ("policies", "rules", name)
                if not self._knows(name, level, at):
                    continue
                if rule.severity is not None:
                    severities[name] = rule.severity
                if rule.off is not None:
                    off[name] = Off(reason=rule.off, place=level.place(at))
                if not rule.waivable:
                    self.locked[name] = level.place((*at, "waivable"))
                parameters.setdefault(name, {}).update(self._parameters(name, rule, level))
        config = self.config
        return Settings(
            stack=stack,
            profile=config.security.value if config else "standard",
            protects=config.protect if config else False,
            severities=severities,
            off=off,
            parameters=parameters,
            waivers=tuple(self._waivers()),
            own=own,
            place=config.place if config else lambda setting: ("", 0),
        )

    def _knows(self, name: str, level: Level, at: tuple[str, ...]) -> bool:
        if name in self.known or self.skipped:
            return name in self.known
        hint = f"{did_you_mean(name, self.known)} `mlops-iac policy list` shows them all."
        self.problems.append(level.problem(at, "There is no such policy.", f"Value given: {name}.", hint))
        return False

    def _parameters(self, name: str, rule: RuleSection, level: Level) -> dict[str, Any]:
        """Each of the type of its default."""
        defaults, found = self.known[name].parameters, {}
        for key, value in rule.parameters.items():
            at = ("policies", "rules", name, "parameters", key)
            if key not in defaults:
                detail = f"`{name}` has {', '.join(f'`{one}`' for one in defaults) or 'no parameters'}."
                hint = did_you_mean(key, defaults) if defaults else "remove it."
                self.problems.append(level.problem(at, "The policy has no such parameter.", detail, hint))
            elif not _fits(value, defaults[key]):
                detail = f"Value given: {value}. It is {_kind(defaults[key])}, such as {_shown(defaults[key])}."
                self.problems.append(level.problem(at, "The parameter is of another kind.", detail))
            else:
                found[key] = tuple(value) if isinstance(value, list) else value
        return found

    def _waivers(self) -> Iterator[Waiver]:
        for level in self.levels:
            for number, waiver in enumerate(level.rules.policies.waivers):
                at = ("policies", "waivers", number)
                yield _waiver(waiver, level.document.file, level.document.line((*level.at, *at)), is_shared=True)
        for number, waiver in enumerate(self.config.waivers if self.config else ()):
            assert self.config is not None
            path = f"waivers.{number}"
            place = self.config.place(path)
            locked = self.locked.get(waiver.rule)
            if locked:
                detail = f"`{waiver.rule}` may be waived in no stack's own file: {locked}."
                hint = "mend the resource, or ask who owns that file."
                self.problems.append(self.config.problem(path, "This policy cannot be waived here.", detail, hint))
            elif not self.skipped and "*" not in waiver.rule and waiver.rule not in self.known:
                hint = f"{did_you_mean(waiver.rule, self.known)} `mlops-iac policy list` shows them all."
                problem = self.config.problem(path, "There is no such policy.", f"Value given: {waiver.rule}.", hint)
                self.problems.append(problem)
            yield _waiver(waiver, place.file, place.line)


def _waiver(waiver: WaiverSection, file: str, line: int, *, is_shared: bool = False) -> Waiver:
    return Waiver(**waiver.model_dump(), file=file, line=line, is_shared=is_shared)


def _says_something(level: Level) -> bool:
    return "policies" in level.rules.model_fields_set


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, tuple):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, int | float if isinstance(default, float) else type(default))


def _kind(default: Any) -> str:
    if isinstance(default, tuple):
        return "a list of texts"
    return {bool: "true or false", int: "a whole number", float: "a number"}.get(type(default), "a text")


def _shown(default: Any) -> str:
    return f"[{', '.join(default)}]" if isinstance(default, tuple) else str(default)
