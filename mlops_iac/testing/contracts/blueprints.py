"""What every blueprint promises: its options, its targets, the resources that it makes.

A blueprint is built against Pulumi's mocks through a stack file, as `preview` builds it; so it is one of ours or of an
installed package, by its name.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import pulumi
from pydantic import ValidationError

from mlops_iac.blueprints import PARTS, Blueprint, get_blueprint
from mlops_iac.components._kit.facts import get_facts
from mlops_iac.config import inheritance
from mlops_iac.config.load import runs_code
from mlops_iac.config.migrations import (
    DefaultChanged,
    OptionRemoved,
    OptionRenamed,
    ValueRenamed,
    latest_version,
    migrate,
    migrations_of,
    put,
    split,
)
from mlops_iac.core.errors import MlopsError
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.testing.contracts.variants import Variants
from mlops_iac.testing.contracts.world import PROFILES, REGION, World, run


@dataclass(frozen=True, kw_only=True, eq=False)
class BlueprintCase:
    """A blueprint to hold to the laws: `BLUEPRINT_LAWS`."""

    name: str
    contexts: tuple[Mapping[str, Any], ...] = ({},)
    """Options under which every question is reached by one of them at least. Left out: the defaults reach them all."""
    code: Mapping[str, str] = field(default_factory=dict)
    """Files of the team's folder that it reads, by name, and their text. Left out: only the scripts of its pipelines,
    which are empty."""

    @property
    def blueprint(self) -> Blueprint:
        return get_blueprint(self.name)

    @property
    def variants(self) -> Variants:
        return Variants(self.blueprint.Options)

    def built(self, profile: str, options: Mapping[str, Any]) -> tuple[World, str] | None:
        """What a stack makes with options, and what it exports; None for options that the program refuses."""
        self._write_code()
        return _built(self.name, profile, json.dumps(options))

    def takes(self, profile: str, options: Mapping[str, Any]) -> bool:
        """Whether a program begins with options: they are valid, and the orchestrator can do what they ask for."""
        self._write_code()
        return _is_taken(self.name, profile, json.dumps(options))

    def _write_code(self) -> None:
        for name, text in self.code.items():
            file = _root() / "code" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")


STACK: Final = "screening-dev"

Law = Callable[[BlueprintCase], None]


@cache
def _root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="options-"))
    (root / "stacks").mkdir()
    (root / "code").mkdir()
    return root


@cache
def _built(name: str, profile: str, options: str) -> tuple[World, str] | None:
    from mlops_iac.program import load

    exported: dict[str, Any] = {}

    def program() -> None:
        original = pulumi.export
        pulumi.export = exported.__setitem__
        try:
            load(_root(), STACK).run()
        finally:
            pulumi.export = original

    try:
        _write(name, profile, options)
        world = run(program)
    except MlopsError:
        return None
    return world, repr(sorted((key, repr(value)) for key, value in exported.items() if "Output" not in repr(value)))


@cache
def _is_taken(name: str, profile: str, options: str) -> bool:
    from mlops_iac.program import load

    try:
        _write(name, profile, options)
        program = load(_root(), STACK)
        for pipeline in program.pipelines:
            program.compile(pipeline)
    except (MlopsError, ValidationError):
        return False
    return True


def _write(name: str, profile: str, options: str) -> None:
    """The stack file, and the scripts that its options name: a preview looks for them."""
    import yaml

    team, _, environment = STACK.partition("-")
    config = {
        "aws:region": REGION,
        "mlops-iac:team": team,
        "mlops-iac:environment": environment,
        "mlops-iac:blueprint": name,
        "mlops-iac:blueprint_version": latest_version(get_blueprint(name).Options),
        "mlops-iac:owner": "team@example.org",
        "mlops-iac:security": profile,
        "mlops-iac:options": json.loads(options),
    }
    if runs_code(get_blueprint(name).Options):
        config["mlops-iac:code"] = "code"
    (_root() / "stacks" / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))
    _write_scripts(get_blueprint(name), options)


def _write_scripts(blueprint: Blueprint, options: str) -> None:
    for pipeline in blueprint.pipelines(blueprint.Options.model_validate_json(options)):
        for script in pipeline.scripts.values():
            (_root() / "code" / script).parent.mkdir(parents=True, exist_ok=True)
            (_root() / "code" / script).touch()


def it_offers_what_a_blueprint_offers(case: BlueprintCase) -> None:
    assert [part for part in PARTS if not hasattr(case.blueprint, part)] == []
    assert case.blueprint.name == case.name
    assert case.blueprint.summary
    assert case.blueprint.layers


def every_option_has_a_default_and_a_description(case: BlueprintCase) -> None:
    options = case.blueprint.Options
    assert options() == options()
    schema = options.model_json_schema()
    parts = {"options": schema, **schema.get("$defs", {})}
    assert [name for kind, part in parts.items() for name in _undescribed(kind, part)] == []


def _undescribed(kind: str, schema: Mapping[str, Any]) -> Iterator[str]:
    fields = schema.get("properties", {})
    yield from (f"{kind}.{key}" for key, value in fields.items() if not value.get("description"))


def an_unknown_option_is_refused(case: BlueprintCase) -> None:
    assert not case.variants.takes({"no_such_option": 1})


def names_gone(change: object) -> Iterator[str]:
    """Options that no file says any more."""
    if isinstance(change, OptionRenamed):
        yield change.was
    if isinstance(change, OptionRemoved):
        yield change.option


def its_migrations_lead_to_its_options(case: BlueprintCase) -> None:
    """What an older stack file says is an option of today, by a name and with a value that are known; what it leaves
    out has a default that is known."""
    model = case.blueprint.Options
    for version, migration in enumerate(migrations_of(model), start=1):
        assert migration.why
        for change in migration.changes:
            assert change.tell()
            for gone in names_gone(change):
                assert not inheritance.has(model, split(gone)), f"{gone} is an option of today"
            for written in files_of(change):
                migrated = migrate(model, written, version)
                for options in (migrated.options, migrated.kept):
                    assert case.variants.takes(options), f"{change.tell()}: {options}"


def files_of(change: object) -> Iterator[dict[str, Any]]:
    """Options of files that were written before a change, and of one that says nothing."""
    values: tuple[Any, ...] = ()
    if isinstance(change, DefaultChanged):
        values = (change.was,)
    if isinstance(change, ValueRenamed):
        values = (*change.values,)
    for value in values:
        written: dict[str, Any] = {}
        put(written, split(change.option), value)  # type: ignore[attr-defined]
        yield written
    yield {}


def every_pipeline_compiles_to_every_target_that_knows_its_steps(case: BlueprintCase) -> None:
    targets = _targets(case)
    assert targets
    for pipeline in case.blueprint.pipelines(case.blueprint.Options()):
        for target in targets:
            assert get_target(target).compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1")), target


def an_orchestrator_option_offers_these_targets(case: BlueprintCase) -> None:
    schema = case.blueprint.Options.model_json_schema()["properties"].get("orchestrator")
    assert schema is None or {*schema.get("enum", [schema.get("const")])} == {*_targets(case)}


def _targets(case: BlueprintCase) -> list[str]:
    """All of them; a kind of step of another package's says itself which of them it compiles to."""
    steps = [step for pipeline in case.blueprint.pipelines(case.blueprint.Options()) for step in pipeline.steps]
    known = [{*step.compilers} for step in steps if step.compilers]
    return [target for target in TARGETS if all(target in each for each in known)]


def it_can_be_built_in_every_profile(case: BlueprintCase) -> None:
    for profile in PROFILES:
        built = case.built(profile, {})
        assert built is not None, profile
        assert any(made.type.startswith("aws:") for made in built[0].resources)


def no_change_of_an_option_claims_a_name_for_another_resource(case: BlueprintCase) -> None:
    """Two URNs with one physical name: the first cannot be made while the second is there, nor the other way round."""
    tried: list[tuple[str, Mapping[str, Any]]] = [("standard", options) for options in case.variants.valid().values()]
    tried += [(profile, options) for profile in PROFILES for options in filter(case.variants.takes, case.contexts)]
    claimed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for profile, options in tried:
        found = case.built(profile, options)
        for made in found[0].resources if found else ():
            rule = get_facts(made.type).name if made.type.startswith("aws:") else None
            if rule:
                claimed[made.type, made.inputs[_camel(rule.prop)]].add(made.urn)
    assert {name: urns for name, urns in claimed.items() if len(urns) > 1} == {}
    assert claimed


def every_option_changes_something_that_is_deployed_or_run(case: BlueprintCase) -> None:
    model = case.variants
    asked: set[str] = set()
    working: set[str] = set()
    for context in filter(model.takes, case.contexts):
        before = _all(case, context)
        assert before is not None
        for path, answers in model.changed(context).items():
            if path in working:
                continue
            for options in answers[:4]:
                found = _all(case, options)
                if found is None:  # the program refuses this answer
                    continue
                asked.add(path)
                if found != before:
                    working.add(path)
                    break
    assert asked - working == set()


def _all(case: BlueprintCase, options: Mapping[str, Any]) -> tuple[Any, str] | None:
    found = case.built("standard", options)
    return ({made.urn: made.inputs for made in found[0].resources}, found[1]) if found else None


def _camel(snake: str) -> str:
    head, *rest = snake.split("_")
    return head + "".join(word.title() for word in rest)


BLUEPRINT_LAWS: tuple[Law, ...] = (
    an_orchestrator_option_offers_these_targets,
    an_unknown_option_is_refused,
    every_option_changes_something_that_is_deployed_or_run,
    every_option_has_a_default_and_a_description,
    every_pipeline_compiles_to_every_target_that_knows_its_steps,
    it_can_be_built_in_every_profile,
    it_offers_what_a_blueprint_offers,
    its_migrations_lead_to_its_options,
    no_change_of_an_option_claims_a_name_for_another_resource,
)
