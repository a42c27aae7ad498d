"""From a stack file to a StackConfig, or to every mistake in it at once.

Two steps: the envelope here, then the blueprint's own options, whose model the caller passes in, so that a new
blueprint never touches this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pydantic_core
from pydantic import BaseModel, ValidationError

from mlops_iac.config import names, pulumi_values
from mlops_iac.config.access import find_faults
from mlops_iac.config.company import Company, Level, join, read_company
from mlops_iac.config.document import Document, dotted, parse_document
from mlops_iac.config.document import Path as KeyPath
from mlops_iac.config.envelope import Envelope
from mlops_iac.config.inheritance import Inherited, inherit
from mlops_iac.config.migrations import Migrated, OptionRenamed, latest_version, migrate, migrations_of
from mlops_iac.config.namespaces import check_config, check_top, lift
from mlops_iac.config.problems import UNKNOWN_KEY, problems_of, within_limit
from mlops_iac.config.project import PROJECT, PROJECT_FILE, STACKS, get_stack_path, list_stacks
from mlops_iac.config.project_file import read_declared
from mlops_iac.config.project_settings import Declaration, Merged, merge
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.config.text import read_text
from mlops_iac.core.errors import ConfigError, MlopsError, Problem

M = TypeVar("M", bound=BaseModel)

TAKEN = {
    "team",
    "environment",
    "blueprint",
    "blueprint_version",
    "security",
    "owner",
    "tags",
    "expires",
    "review",
    "review_key",
}
"""Of the envelope, as it was written; the rest is worked out."""

NO_COMPANY = Company(levels=())

OptionsModel = Callable[[str], type[BaseModel]]
"""A blueprint's name to the model of its options; raises an MlopsError when there is no such blueprint."""


def load_stack(project_root: Path, stack: str, *, options_model: OptionsModel | None) -> StackConfig:
    """Read and check a stack file, and what Pulumi.yaml and mlops-iac.yaml say for all stacks. `options_model=None`
    leaves the options as they are written.

    Raises StackNotFound when there is no such file, and ConfigError with all problems, sorted by line.
    """
    path = get_stack_path(project_root, stack)
    shown = f"{STACKS}/{path.name}"
    document = parse_document(read_text(path, project_root, shown), shown)
    declared = read_declared(project_root)
    company = read_company(project_root)
    return check_stack(document, project_root, stack, list_stacks(project_root), options_model, declared, company)


def check_stack(
    document: Document,
    root: Path,
    stack: str,
    stacks: Sequence[str],
    options_model: OptionsModel | None,
    declared: tuple[Declaration, ...] = (),
    company: Company = NO_COMPANY,
) -> StackConfig:
    """A parsed document, and the project's and the company's own settings, to a StackConfig; nothing is read from
    disk."""
    check = _Check(document, list(document.problems))
    merged = check.merge(declared, check_top(document, check.problems))
    config = merged.values
    written, levels = lift(config), company.of(stack)
    migrated = check.migrated(written, levels, options_model)
    inherited = inherit(levels, {**written, **({"options": migrated.options} if migrated else {})}, document)
    own = inherited.values
    check.said_twice(merged, inherited)
    check_config(document, config, check.problems)
    envelope = check.validate(Envelope, own, lambda path: ("config", f"{PROJECT}:{path[0]}", *path[1:]))
    check.name(own, stack, stacks)
    check.expiry(envelope)
    check.access(envelope, config.get("aws:region"))
    options = check.options(own, options_model, inherited, migrated)
    if check.problems or envelope is None:
        placed = [inherited.relocate(relocate(problem, merged)) for problem in check.problems]
        raise ConfigError.of(within_limit(placed))

    loaded = StackConfig(
        stack=stack,
        region=config["aws:region"],
        protect=envelope.is_protected,
        options=options,
        config={key: pulumi_values.flatten(value) for key, value in config.items()},
        secret_keys=pulumi_values.secret_keys(config) | merged.declared_secret,
        in_clear=merged.declared_secret,
        encryption_salt=document.values.get("encryptionsalt"),
        file=root / STACKS / f"Pulumi.{stack}.yaml",
        root=root,
        access=envelope.access,
        usage=envelope.usage,
        value=envelope.value,
        waivers=envelope.waivers,
        code=envelope.code if runs_code(type(options)) else "",
        latest_version=latest_version(type(options)),
        **envelope.model_dump(include=TAKEN),
    )
    loaded._document, loaded._inherited, loaded._merged = document, inherited, merged
    loaded._migrated = migrated or Migrated({})
    problems = list(inherited.broken(loaded.effective()))
    if problems:
        raise ConfigError.of(within_limit(problems))
    return loaded


def runs_code(options: type[BaseModel]) -> bool:
    """Whether stacks of the blueprint with these options run a team's own code; most do."""
    return bool(getattr(options, "runs_code", True))


def relocate(problem: Problem, merged: Merged) -> Problem:
    """A problem of a setting that the project's file gave, at that file's line."""
    for key, one in merged.inherited.items():
        names = (key, f"config.{key}", key.removeprefix(f"{PROJECT}:"))
        if any(problem.path == name or problem.path.startswith(f"{name}.") for name in names):
            return replace(problem, file=PROJECT_FILE, line=one.line, source="")
    return problem


def by_its_new_name(problem: Problem, model: type[BaseModel]) -> Problem:
    """An option that is not known any more: what it is called since."""
    if problem.summary != UNKNOWN_KEY:
        return problem
    for version, migration in enumerate(migrations_of(model), start=2):
        for change in migration.changes:
            if isinstance(change, OptionRenamed) and problem.path == f"options.{change.was}":
                return replace(problem, hint=f"since version {version} it is called `{change.now}`.")
    return problem


@dataclass
class _Check:
    """Problems of one file, as they are found."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    def validate(self, model: type[M], value: Any, at: Callable[[KeyPath], KeyPath]) -> M | None:
        """The model, or None and its problems. `at` says where a path of `value` lies in the file."""
        try:
            # JSON is pydantic's strictest door that still lets a list become a tuple and a word an enum.
            return model.model_validate_json(pydantic_core.to_json(value), strict=True)
        except ValidationError as error:
            known = {(problem.line, problem.path) for problem in self.problems}
            found = problems_of(error, model, value, self.document, at)
            # A value whose form was refused is not complained about again.
            self.problems += [problem for problem in found if (problem.line, problem.path) not in known]
            return None

    def merge(self, declared: tuple[Declaration, ...], written: dict[str, Any]) -> Merged:
        """The stack's settings over the project's."""
        try:
            merged = merge(declared, self.document, written)
        except ConfigError as error:
            self.problems += error.problems
            return Merged(values=written)
        for key in merged.declared_secret:
            if key.startswith(f"{PROJECT}:"):
                self.add(key.partition(":")[2], "This cannot be a secret.", "It ends up in names and tags, in clear.")
        return merged

    def name(self, own: dict[str, Any], stack: str, stacks: Sequence[str]) -> None:
        """The file's name is made of the team and the environment, and shares its prefix with no other stack."""
        team, environment = own.get("team"), own.get("environment")
        if not isinstance(team, str) or not isinstance(environment, str):
            return
        if names.check_team(team) or names.check_environment(environment):
            return
        if stack != f"{team}-{environment}":
            self.add(
                "team",
                "The file's name does not fit the stack.",
                f"Team `{team}` and environment `{environment}` belong in Pulumi.{team}-{environment}.yaml.",
                f"rename the file to Pulumi.{team}-{environment}.yaml, or correct the team or the environment.",
            )
        overlap = names.find_overlap(stack, stacks)
        if overlap:
            self.add(
                "team",
                "The stack's name overlaps another stack's.",
                f"Names of `{stack}` and `{overlap}` start with the same words, so neither could be destroyed safely.",
                "choose another team name for one of them.",
            )

    def said_twice(self, merged: Merged, inherited: Inherited) -> None:
        """Pulumi.yaml and the company's file both give what a stack does not say: neither is the stronger."""
        for key, one in merged.inherited.items():
            name = key.removeprefix(f"{PROJECT}:")
            for level in inherited.levels:
                if name in level.rules.defaults and key.startswith(f"{PROJECT}:"):
                    detail = f"`{key}` is in Pulumi.yaml:{one.line} too."
                    hint = "keep one of them."
                    self.problems.append(level.problem(("defaults", name), "This is said twice.", detail, hint))

    def expiry(self, envelope: Envelope | None) -> None:
        if envelope is not None and envelope.expires and envelope.is_protected:
            self.add(
                "expires",
                "What is protected does not expire.",
                f"`expires` is {envelope.expires}, and what holds data here is protected: nobody deletes it by itself.",
                "leave `expires` out, or say `mlops-iac:protect: false`.",
            )

    def access(self, envelope: Envelope | None, region: Any) -> None:
        """Nobody is named twice, or in a partition from which no role here is assumed."""
        for index, detail, hint in find_faults(envelope.access, region) if envelope and isinstance(region, str) else ():
            at = ("config", f"{PROJECT}:access", index)
            self.problems.append(self.document.problem(at, "This person cannot come in.", detail, hint))

    def migrated(
        self, own: dict[str, Any], levels: Sequence[Level], options_model: OptionsModel | None
    ) -> Migrated | None:
        """The file's options as the latest version of its blueprint has them. None where they are not read, and where
        something is wrong, which is told when they are checked."""
        company = join(level.rules.defaults for level in levels)
        blueprint, version = own.get("blueprint", company.get("blueprint")), own.get("blueprint_version", 1)
        written = own.get("options", {})
        if options_model is None or not (isinstance(blueprint, str) and isinstance(written, dict)):
            return None
        try:
            model = options_model(blueprint)
        except MlopsError:
            return None
        if not isinstance(version, int) or not 1 <= version <= latest_version(model):
            return None
        found = migrate(model, written, version)
        for was, now in found.twice:
            at = ("config", f"{PROJECT}:options", *was)
            detail = f"`{dotted(was)}` is called `{dotted(now)}` since it was written, and both are here."
            self.problems.append(self.document.problem(at, "This is said twice.", detail, "remove one of them."))
        return found

    def options(
        self,
        own: dict[str, Any],
        options_model: OptionsModel | None,
        inherited: Inherited,
        migrated: Migrated | None,
    ) -> Any:
        """The blueprint's options, checked by its own model."""
        written = own.get("options", {})
        blueprint = own.get("blueprint")
        if options_model is None or not isinstance(blueprint, str) or not isinstance(written, dict):
            return written
        try:
            model = options_model(blueprint)
        except MlopsError as error:
            for problem in error.problems:
                self.add("blueprint", problem.summary, problem.detail or f"Value given: {blueprint}", problem.hint)
            return written
        self.code(own, model, inherited)
        if migrated is None:
            self.version(own, blueprint, model)
            return written
        written = inherited.fitting(model, join([migrated.kept, written]))
        checked = self.validate(model, written, lambda path: ("config", f"{PROJECT}:options", *migrated.in_file(path)))
        self.problems = [by_its_new_name(problem, model) for problem in self.problems]
        return checked

    def version(self, own: dict[str, Any], blueprint: str, model: type[BaseModel]) -> None:
        """Whether this package has what the file is written for; a value of another form is told by the envelope."""
        version, latest = own.get("blueprint_version"), latest_version(model)
        if isinstance(version, int) and version > latest:
            self.add(
                "blueprint_version",
                "The stack file is newer than this package.",
                f"It is written for {blueprint} {version}; the latest that is known here is {latest}.",
                "upgrade the package that offers the blueprint, say with `pip install --upgrade mlops-iac`.",
            )

    def code(self, own: dict[str, Any], model: type[BaseModel], inherited: Inherited) -> None:
        """A blueprint runs a team's code, or has none: then a stack file that names some believes otherwise."""
        if runs_code(model) and "code" not in own:
            description = Envelope.model_fields["code"].description or ""
            self.add("code", "This key is missing.", description, "add it.")
        elif not runs_code(model) and "code" in own and inherited.origin(("code",)) is None:
            self.add("code", "This blueprint runs no code.", f"Value given: {own['code']}.", "remove it.")

    def add(self, key: str, summary: str, detail: str, hint: str = "") -> None:
        self.problems.append(self.document.problem(("config", f"{PROJECT}:{key}"), summary, detail, hint, path=key))
