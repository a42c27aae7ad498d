"""What every blueprint promises. New options and blueprints are found by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlops_iac.blueprints import BLUEPRINTS
from mlops_iac.testing.contracts import BLUEPRINT_LAWS, TRAINING_CONTEXTS, BlueprintCase, blueprints
from tests.support.flows import flow_text

TUNINGS: tuple[dict[str, Any], ...] = (
    {
        "base_model": "s3://acme-models/tiny/",
        "base_model_account": "222222222222",
        "tuning": {"method": "lora", "spot": False},
        "hyperparameters": {"rank": "4"},
        "tables": {"patients": {"columns": {"id": "bigint"}}},
        "serving": {"flavour": "realtime"},
        "promotion": {"from": ["churn-dev"], "to": ["churn-prod"]},
    },
    {
        "orchestrator": "sagemaker-pipelines",
        "serving": {"flavour": "async", "strategy": {"kind": "rolling"}},
        "triggers": {"nightly": {"kind": "schedule", "when": "cron(0 6 * * ? *)"}, "fresh": {"kind": "data"}},
    },
    {"gate": {"metric": "rmse", "at_most": 3}, "promotion": {"from": ["tiny-qa"]}},
    {},
)

FLOWS: tuple[dict[str, Any], ...] = (
    {"gpu": {"instance_types": ["g5"]}, "tables": {"patients": {"columns": {"id": "bigint"}}}},
    {"flows": {"training": "flow.py", "scoring": "scoring.py"}},
    {},
)
CODE = {"flow.py": flow_text("Training"), "scoring.py": flow_text("Scoring"), "requirements.txt": "metaflow\n"}

LEARNING: tuple[dict[str, Any], ...] = (
    *(
        {
            **one,
            "tables": {"patients": {"columns": {"id": "bigint", "asked_at": "string"}}},
            "features": {"data": "raw/"},
        }
        for one in TRAINING_CONTEXTS[:4]
    ),
    {
        "tables": {"patients": {"columns": {"id": "bigint", "asked_at": "string"}}},
        "labels": {"table": "patients", "time": "asked_at"},
    },
    {},
)
FEATURES = {
    "features.py": "",
    "features/visits.yaml": "record_identifier: id\nevent_time: at\nfeatures: {id: String, at: String, n: Integral}\n",
}

FITTING: tuple[dict[str, Any], ...] = (
    {"batch": {"enabled": True}, "fits": {"compute": "cpu", "settings": 9}},
    *TRAINING_CONTEXTS,
)

HOSTS: tuple[dict[str, Any], ...] = (
    {
        "ci": {
            "github": {"repository": "acme/ml-platform"},
            "gitlab": {"project": "acme/ml-platform"},
            "azure_devops": {
                "organization": "acme",
                "organization_id": "0f4b5e9c-3c1a-4d5e-9f6a-7b8c9d0e1f2a",
                "project": "ml-platform",
            },
        }
    },
    {},
)

WATCHED: tuple[dict[str, Any], ...] = (
    {
        "hyperparameters": {"C": "1"},
        "monitoring": {"label": "ill", "bias": {"groups": ["sex"]}, "explain": {}, "quality": {"metric": "auc"}},
        "promotion": {"from": ["churn-dev"], "to": ["churn-prod"]},
        "serving": {"flavour": "realtime"},
        "tables": {"patients": {"columns": {"id": "bigint"}}},
    },
    {**TRAINING_CONTEXTS[1], "monitoring": None},
    *TRAINING_CONTEXTS[2:],
)

OWN: dict[str, BlueprintCase] = {
    "account": BlueprintCase(name="account", contexts=HOSTS),
    "feature-store": BlueprintCase(name="feature-store", contexts=LEARNING, code=FEATURES),
    "forecasting": BlueprintCase(name="forecasting", contexts=FITTING, code={"fit.py": ""}),
    "llm-finetuning": BlueprintCase(name="llm-finetuning", contexts=TUNINGS, code={"merge.py": "", "quantise.py": ""}),
    "metaflow-platform": BlueprintCase(name="metaflow-platform", contexts=FLOWS, code=CODE),
    "network": BlueprintCase(name="network"),
    "rag": BlueprintCase(name="rag", contexts=TRAINING_CONTEXTS, code={"embed.py": ""}),
    "sagemaker-managed": BlueprintCase(name="sagemaker-managed", contexts=WATCHED),
}
"""Blueprints whose questions are others than those of training."""

CASES = {name: OWN.get(name) or BlueprintCase(name=name, contexts=TRAINING_CONTEXTS) for name in BLUEPRINTS}


def stands_alone(options: dict[str, Any]) -> bool:
    """A drift trigger that names no alarm takes the environment's own, which another option makes, as labels take a
    table. What is adopted must be there, and is not changed by other options: `tests/e2e/test_adopting.py` has the
    things. The embedded cloud has no Identity Center."""
    adopted = options.get("config") == "adopted" or any((options.get("adopt") or {}).values())
    if adopted or (options.get("studio") or {}).get("auth") == "sso":
        return False
    labels = options.get("labels")
    if labels and labels["table"] not in (options.get("tables") or {}):
        return False
    triggers = (options.get("triggers") or {}).values()
    return bool(options.get("monitoring")) or all(one.get("kind") != "drift" or one.get("alarm") for one in triggers)


LONG = (
    blueprints.every_option_changes_something_that_is_deployed_or_run,
    blueprints.no_change_of_an_option_claims_a_name_for_another_resource,
)
"""These build an environment for each answer to each question."""


@pytest.mark.parametrize("name", BLUEPRINTS)
@pytest.mark.parametrize(
    "law",
    [pytest.param(law, marks=[pytest.mark.slow] if law in LONG else [], id=law.__name__) for law in BLUEPRINT_LAWS],
)
def test_every_blueprint_keeps(law: Callable[[BlueprintCase], None], name: str) -> None:
    law(CASES[name])
