from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions


def read(**options: Any) -> TabularBatchOptions:
    """As the stack file's loader reads them."""
    return TabularBatchOptions.model_validate_json(json.dumps(options), strict=True)


def test_the_defaults_are_a_whole_environment() -> None:
    pipeline = training(read())
    assert [step.name for step in pipeline.ordered] == [
        "validate",
        "prepare",
        "train",
        "evaluate",
        "gate",
        "register",
        "deploy",
    ]
    assert pipeline.defaults == {"data": "raw/", "hyperparameters": {}, "gate_at_least": 0.9}


def test_hyperparameters_become_text_as_scripts_parse_it() -> None:
    assert read(hyperparameters={"C": 0.5, "epochs": 3, "solver": "saga", "warm": True}).hyperparameter_strings == {
        "C": "0.5",
        "epochs": "3",
        "solver": "saga",
        "warm": "true",
    }


def test_the_gates_direction_names_the_runs_parameter() -> None:
    assert "gate_at_most" in training(read(gate={"metric": "rmse", "at_most": 3})).defaults


def test_each_step_has_the_machines_it_was_given() -> None:
    pipeline = training(read(instances={"train": {"instance_type": "ml.g5.xlarge", "max_minutes": 90}}))
    train = pipeline.get_step("train")
    assert (train.job.instance_type, train.job.max_seconds) == ("ml.g5.xlarge", 5400)  # type: ignore[attr-defined]


def test_scripts_are_named_by_their_steps() -> None:
    assert training(read(scripts={"validate": "checks/data.py"})).scripts["validate"] == "checks/data.py"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"framework": {"name": "sklaern"}}, "`sklaern` is none of"),
        ({"framework": {"version": "9"}}, "has no version `9`"),
        ({"gate": {"metric": "auc"}}, "say exactly one of"),
        ({"gate": {"metric": "auc", "at_least": 1, "at_most": 2}}, "say exactly one of"),
        ({"gate": {"metric": "auc score", "at_least": 1}}, "should match pattern"),
        ({"gate": {"at_least": "high"}}, "valid number"),
        ({"data": "raw"}, "ends in a slash"),
        ({"data": "models/"}, "must lie in the raw zone"),
        ({"hyperparameters": {"sagemaker_program": "x"}}, "are taken"),
        ({"hyperparameters": {"C": [1]}}, "hyperparameters"),
        ({"scripts": {"train": "../train.py"}}, "should match pattern"),
        ({"serving": {"flavour": "serverles"}}, "does not match any of the expected tags"),
        ({"serving": {"flavour": "serverless", "memory_mb": 1000}}, "1024"),
        ({"serving": {"flavour": "serverless", "instance_type": "ml.m5.large"}}, "Extra inputs"),
        ({"instances": {"train": {"instance_count": 0}}}, "greater than or equal to 1"),
        ({"instances": {"trian": {}}}, "Extra inputs"),
        ({"retention_days": 0}, "greater than or equal to 1"),
        ({"tables": {"p": {"columns": {}}}}, "at least 1"),
        ({"schedule": "daily"}, "Extra inputs"),
        ({"tracking": "wandb"}, "scripts log to Weights & Biases themselves"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        read(**options)
