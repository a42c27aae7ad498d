"""What every blueprint promises. New options and blueprints are found by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlops_iac.blueprints import BLUEPRINTS
from mlops_iac.testing.contracts import BLUEPRINT_LAWS, BlueprintCase
from tests.support.flows import flow_text

CONTEXTS: tuple[dict[str, Any], ...] = (
    {
        "batch": {"enabled": True},
        "tables": {"patients": {"columns": {"id": "bigint"}}},
        "hyperparameters": {"C": "1"},
        "serving": {"flavour": "realtime"},
    },
    {
        "orchestrator": "sagemaker-pipelines",
        "serving": {"flavour": "async", "strategy": {"kind": "rolling"}},
        "triggers": {
            "nightly": {"kind": "schedule", "when": "cron(0 6 * * ? *)"},
            "fresh": {"kind": "data"},
            "drift": {"kind": "drift", "alarm": "drift"},
        },
    },
    {"gate": {"metric": "rmse", "at_most": 3}},
    {},
)
"""Options under which every question is reached by one of them at least."""

FLOWS: tuple[dict[str, Any], ...] = (
    {"gpu": {"instance_types": ["g5"]}, "tables": {"patients": {"columns": {"id": "bigint"}}}},
    {"flows": {"training": "flow.py", "scoring": "scoring.py"}},
    {},
)
CODE = {"flow.py": flow_text("Training"), "scoring.py": flow_text("Scoring"), "requirements.txt": "metaflow\n"}

CASES = {
    name: BlueprintCase(name=name, contexts=FLOWS, code=CODE)
    if name == "metaflow-platform"
    else BlueprintCase(name=name, contexts=CONTEXTS)
    for name in BLUEPRINTS
}


def stands_alone(options: dict[str, Any]) -> bool:
    """A drift trigger that names no alarm takes the environment's own, which another option makes."""
    triggers = (options.get("triggers") or {}).values()
    return bool(options.get("monitoring")) or all(one.get("kind") != "drift" or one.get("alarm") for one in triggers)


@pytest.mark.parametrize("name", BLUEPRINTS)
@pytest.mark.parametrize("law", BLUEPRINT_LAWS, ids=lambda law: law.__name__)
def test_every_blueprint_keeps(law: Callable[[BlueprintCase], None], name: str) -> None:
    law(CASES[name])
