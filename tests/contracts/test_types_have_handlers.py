"""Whatever a component can create, the embedded cloud can make: every type, and every property that is set.

New components, blueprints and options are found by themselves.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from mlops_iac import blueprints, components
from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.blueprints import BLUEPRINTS, get_options_model
from mlops_iac.cloud.handlers import HANDLERS
from mlops_iac.cloud.invokes import ASKING, PURE
from mlops_iac.config.load import runs_code
from mlops_iac.core.errors import ConfigError
from mlops_iac.engine.program.stack_references import TYPE as STACK_REFERENCE
from mlops_iac.testing.contracts.variants import Variants
from tests.components.world import ENVIRONMENTS, PROFILES, account, run, site
from tests.conftest import CHECKOUT, make_project
from tests.contracts.test_options import stands_alone
from tests.support.tiny_team import write_another_pipeline

SOURCES = sorted(path for part in (components, blueprints) for path in Path(part.__path__[0]).rglob("*.py"))


@cache
def imported() -> dict[str, Any]:
    """What components and blueprints take from pulumi_aws: ``pulumi_aws.s3.Bucket`` to the class or function."""
    found = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pulumi_aws":
                module = importlib.import_module(str(node.module))
                found |= {f"{node.module}.{name.name}": getattr(module, name.name) for name in node.names}
    return found


def is_resource(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, pulumi.CustomResource)


def types() -> set[str]:
    return {thing.pulumi_type for thing in imported().values() if is_resource(thing)}


def test_what_is_used_of_pulumi_aws_is_imported_by_name() -> None:
    """So that the tests below see all of it."""
    whole = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and any(name.name.startswith("pulumi_aws") for name in node.names)
    ]
    assert whole == []
    assert len(types()) > 30


@pytest.mark.parametrize("type", sorted(types()))
def test_every_type_has_a_handler(type: str) -> None:
    assert type in HANDLERS


def test_every_invoke_is_answered() -> None:
    asked = {name.rsplit(".", 1)[1].removesuffix("_output") for name, thing in imported().items() if is_invoke(thing)}
    answered = {snake(token.rsplit(":", 1)[1]) for token in (*PURE, *ASKING)}
    assert asked <= answered


def is_invoke(thing: Any) -> bool:
    return inspect.isfunction(thing) and thing.__name__.startswith("get_")


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_component_makes_nothing_but_what_it_imports(profile: str) -> None:
    worlds = [run(lambda make=make: make(site(profile))) for make in (*ENVIRONMENTS, account)]
    made = {resource.type for world in worlds for resource in world.resources}
    ours = {type for type in made if type.startswith("mlops-iac:")}
    engines = {"pulumi:pulumi:Stack", STACK_REFERENCE}
    assert made - ours - engines <= types()


def variants() -> list[Any]:
    """Each blueprint with each of its options, and with all at once in every profile."""
    cases = []
    for name in BLUEPRINTS:
        options = Variants(get_options_model(name))
        alone = {key: value for key, value in options.valid().items() if stands_alone(value)}
        cases += [pytest.param(name, "standard", value, id=f"{name}-{key}") for key, value in alone.items()]
        cases += [pytest.param(name, p, _everything(options), id=f"{name}-everything-{p}") for p in PROFILES]
    return cases


def _everything(options: Variants) -> dict[str, Any]:
    """Without what only AWS has: Identity Center."""
    found = options.everything()
    if "studio" in found:
        found["studio"]["auth"] = "iam"
    return found


def test_every_question_of_every_blueprint_has_an_answer_that_is_tried() -> None:
    for name in BLUEPRINTS:
        options = Variants(get_options_model(name))
        asked = {key.partition("=")[0] for key in options.all()}
        assert asked == {key.partition("=")[0] for key in options.valid()}
        assert len(asked) > 1
        assert options.everything()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_project(tmp_path_factory.mktemp("variants") / "project")
    for blueprint in BLUEPRINTS:
        code = made / example_of(blueprint)["config"].get("mlops-iac:code", "nothing")
        if not code.is_dir():
            continue
        if (code / "flow.py").is_file():
            (code / "a.py").write_text((code / "flow.py").read_text().replace("DigitsFlow", "OtherFlow"))
        else:
            write_another_pipeline(code)
    return made


def example_of(blueprint: str) -> dict[str, Any]:
    """The stack file of the example that runs this blueprint: the one that its README shows."""
    readme = (CHECKOUT / "blueprints" / blueprint.replace("-", "_") / "README.md").read_text()
    if not runs_code(get_options_model(blueprint)):
        (text,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
        alone: dict[str, Any] = yaml.safe_load(text)
        return alone
    shown = re.search(r"mlops-iac:code: (examples/\S+)", readme)
    assert shown, f"the README of {blueprint} shows no stack file that names a folder of examples/"
    (path,) = (CHECKOUT / shown[1]).glob("Pulumi.*.yaml")
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    document["config"]["mlops-iac:blueprint"] = blueprint
    return document


@pytest.mark.parametrize(("blueprint", "profile", "options"), variants())
def test_every_property_that_an_option_sets_is_honoured(
    blueprint: str, profile: str, options: dict[str, Any], project: Path
) -> None:
    """A preview asks the handler of each resource about each of its properties; one that is not emulated is refused.
    What an option says that it cannot have here is told before that."""
    document = example_of(blueprint)
    config = document["config"]
    config |= {"mlops-iac:security": profile, "mlops-iac:owner": "team@example.org", "mlops-iac:tags": {"a": "b"}}
    config["mlops-iac:options"] = json.loads(json.dumps(options))
    if profile == "regulated":  # reaches others by a private way
        for system in config["mlops-iac:options"].get("external", {}).values():
            system["private_link"] = f"com.amazonaws.vpce.{config['aws:region']}.vpce-svc-0a1b2c3d4e5f67890"
    stack = f"{config['mlops-iac:team']}-{config['mlops-iac:environment']}"
    (project / "stacks" / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    backend = EmbeddedBackend(project, stack)
    said = list(getattr(get_options_model(blueprint).model_validate(options), "not_embedded", ()))
    if said:
        with pytest.raises(ConfigError) as refused:
            backend.preview()
        assert [one.summary for one in refused.value.problems] == [one.summary for one in said]
        return
    result = backend.preview()
    assert result.error is None, str(result.error)
    assert result.changes["create"] > 5
