"""What every option of every blueprint does: something, and nothing that a deployed stack could not follow.

New options and blueprints are found by themselves. Each way to answer is built once, against Pulumi's mocks.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from mlops_iac.blueprints import BLUEPRINTS, get_options_model
from mlops_iac.components._kit.facts import get_facts
from mlops_iac.core.errors import MlopsError
from mlops_iac.program import load
from tests.components.world import PROFILES, REGION, World, run
from tests.support.variants import Variants

every_blueprint = pytest.mark.parametrize("blueprint", BLUEPRINTS)

CONTEXTS: tuple[dict[str, Any], ...] = (
    {
        "batch": {"enabled": True},
        "tables": {"patients": {"columns": {"id": "bigint"}}},
        "hyperparameters": {"C": "1"},
        "serving": {"flavour": "realtime"},
    },
    {"gate": {"metric": "rmse", "at_most": 3}},
    {},
)
"""Options under which every question is reached by one of them at least."""


@cache
def _root() -> Path:
    import tempfile

    root = Path(tempfile.mkdtemp(prefix="options-"))
    (root / "stacks").mkdir()
    (root / "code").mkdir()
    for name in ("validate", "prepare", "train", "evaluate"):
        for prefix in ("", "other-", "other_"):
            (root / "code" / f"{prefix}{name}.py").touch()
    (root / "code" / "a.py").touch()
    return root


@cache
def built(blueprint: str, profile: str, options: str) -> tuple[World, str] | None:
    """What a stack makes with options (JSON), and what it exports; None for options that the program refuses."""
    config = {
        "aws:region": REGION,
        "mlops-iac:team": "screening",
        "mlops-iac:environment": "dev",
        "mlops-iac:blueprint": blueprint,
        "mlops-iac:code": "code",
        "mlops-iac:owner": "team@example.org",
        "mlops-iac:security": profile,
        "mlops-iac:options": json.loads(options),
    }
    (_root() / "stacks" / "Pulumi.screening-dev.yaml").write_text(yaml.safe_dump({"config": config}))
    exported: dict[str, Any] = {}

    def program() -> None:
        original = pulumi.export
        pulumi.export = exported.__setitem__  # type: ignore[assignment]
        try:
            load(_root(), "screening-dev").run()
        finally:
            pulumi.export = original

    try:
        world = run(program)
    except MlopsError:
        return None
    return world, repr(sorted((key, repr(value)) for key, value in exported.items() if not _later(value)))


def _later(value: Any) -> bool:
    return "Output" in repr(value)


@every_blueprint
def test_no_change_of_an_option_claims_a_name_for_another_resource(blueprint: str) -> None:
    """Two URNs with one physical name: the first cannot be made while the second is there, nor the other way round."""
    variants = [("standard", options) for options in Variants(get_options_model(blueprint)).valid().values()]
    variants += [(profile, options) for profile in PROFILES for options in CONTEXTS]
    claimed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for profile, options in variants:
        found = built(blueprint, profile, json.dumps(options))
        for made in found[0].resources if found else ():
            rule = get_facts(made.type).name if made.type.startswith("aws:") else None
            if rule:
                claimed[made.type, made.inputs[_camel(rule.prop)]].add(made.urn)
    assert {name: urns for name, urns in claimed.items() if len(urns) > 1} == {}
    assert len(claimed) > 20


@every_blueprint
def test_every_option_changes_something_that_is_deployed_or_run(blueprint: str) -> None:
    model = Variants(get_options_model(blueprint))
    asked: set[str] = set()
    working: set[str] = set()
    for context in filter(model.takes, CONTEXTS):
        before = _all(blueprint, context)
        assert before is not None
        for path, answers in model.changed(context).items():
            if path in working:
                continue
            took = [found for options in answers[:4] if (found := _all(blueprint, options)) is not None]
            if took:  # else the program refuses each of these answers
                asked.add(path)
            if any(found != before for found in took):
                working.add(path)
    assert asked - working == set()
    assert len(working) > 10


def _all(blueprint: str, options: dict[str, Any]) -> tuple[Any, str] | None:
    found = built(blueprint, "standard", json.dumps(options))
    return ({made.urn: made.inputs for made in found[0].resources}, found[1]) if found else None


def _camel(snake: str) -> str:
    head, *rest = snake.split("_")
    return head + "".join(word.title() for word in rest)
