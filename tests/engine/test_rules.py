from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import yaml

from mlops_iac.engine.deciding import rules
from mlops_iac.engine.deciding.rules import RULES, decide
from mlops_iac.engine.deciding.situation import Situation
from mlops_iac.engine.event import PropertyDiff
from mlops_iac.engine.program.goal import Goal
from mlops_iac.engine.state.record import Record

CASES = sorted((Path(__file__).parent / "cases/decide").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_case_is_decided_as_it_says(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    custom = case.get("custom", True)
    old = case.get("old")
    decision = decide(
        Situation(
            goal=Goal(type="fake:index:Thing", name="a", custom=custom, import_id=case.get("import_id", "")),
            old=None if old is None else Record(urn="urn:pulumi:dev::lab::fake:index:Thing::a", type="x", **old),
            changes={name: PropertyDiff(kind="update") for name in case.get("changes", ())},
            forcing=frozenset(case.get("forcing", ())),
            asked_for=case.get("asked_for", False),
            pulled_by=tuple(case.get("pulled_by", ())),
            moved=case.get("moved", False),
        )
    )
    assert decision.op == case["expect"]["op"], case["why"]
    assert list(decision.reasons) == case["expect"].get("reasons", []), case["why"]


def test_every_rule_is_in_the_list() -> None:
    written = {f for f in vars(rules).values() if inspect.isfunction(f) and f.__module__ == rules.__name__}
    assert set(rules.RULES) == written - {rules.decide}


def test_every_rule_answers_in_some_case() -> None:
    """A rule that no case reaches is a rule that nobody holds to anything."""
    assert len(CASES) > len(RULES)
