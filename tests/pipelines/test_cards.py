"""A register step with a card: the writer is asked first, may be asked, and its answer goes into the registry."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mlops_iac.pipelines.compile import sagemaker_pipelines, step_functions
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.sagemaker_pipelines.validate import all_steps
from mlops_iac.pipelines.pipeline import Pipeline

WRITER = "arn:aws:lambda:eu-central-1:123456789012:function:screening-dev-cards-writer"


@pytest.fixture
def bindings() -> Bindings:
    return Bindings.placeholder("screening-dev", "eu-central-1", card_writer_arn=WRITER)


def test_a_state_machine_asks_for_the_card_before_it_registers(pipeline: Pipeline, bindings: Bindings) -> None:
    states = step_functions.compile(pipeline, bindings)["States"]
    asked, create = states["register"], states["register: create"]
    assert asked["Resource"] == "arn:aws:states:::lambda:invoke"
    assert asked["Parameters"]["FunctionName"] == WRITER
    about = asked["Parameters"]["Payload"]["about"]
    assert about["conditions"] == [{"metric": "auc", "direction": "at_least", "parameter": "gate_at_least"}]
    assert about["evaluation"] == "models/{run}/evaluation/evaluation.json"
    assert asked["Next"] == "register: create"
    card = {"ModelCardContent.$": "$.steps.register.card", "ModelCardStatus": "Draft"}
    assert create["Parameters"]["ModelCard"] == card
    assert create["Next"] == "deploy"


@pytest.mark.parametrize(
    ("tracking", "logged"),
    [
        ("none", None),
        ("mlflow", "MLflow, experiment screening-dev-training, run "),
        ("sagemaker", "SageMaker's experiments, experiment screening-dev-training, run "),
    ],
)
def test_a_card_says_where_its_run_is_logged(
    tracking: str, logged: str | None, pipeline: Pipeline, bindings: Bindings
) -> None:
    states = step_functions.compile(pipeline, replace(bindings, tracking=tracking))["States"]
    assert states["register"]["Parameters"]["Payload"]["about"].get("logged") == logged


def test_a_pipeline_of_sagemakers_asks_in_a_step_of_its_own(pipeline: Pipeline, bindings: Bindings) -> None:
    document = sagemaker_pipelines.compile(pipeline, bindings)
    steps = {step["Name"]: step for step in all_steps(document["Steps"])}
    asked, register = steps["register--card"], steps["register"]
    assert (asked["Type"], asked["FunctionArn"]) == ("Lambda", WRITER)
    assert asked["Arguments"]["parameters.gate_at_least"] == {"Get": "Parameters.gate_at_least"}
    assert json.loads(asked["Arguments"]["about"])["pipeline"] == "training"
    assert register["DependsOn"] == ["register--card"]
    said = register["Arguments"]["ModelCard"]["ModelCardContent"]
    assert said == {"Get": "Steps.register--card.OutputParameters['card']"}


@pytest.mark.parametrize("target", [step_functions, sagemaker_pipelines])
def test_the_role_may_ask_this_writer(target: Any, pipeline: Pipeline, bindings: Bindings) -> None:
    granted = target.grants_for(target.compile(pipeline, bindings), bindings)
    assert [one["Resource"] for one in granted if WRITER in one["Resource"]] == [[WRITER]]


def test_without_a_writer_a_model_has_no_card(pipeline: Pipeline) -> None:
    document = step_functions.compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1"))
    assert "register: create" not in document["States"]
    assert "ModelCard" not in document["States"]["register"]["Parameters"]
