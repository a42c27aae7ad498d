"""The card of a model, on every target: from the team's words and the run to the registry and the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.cloud.model_card_schema import find_faults
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

WORDS = """\
purpose_of_model: To find those who should see a doctor *soon*
intended_uses: As a second opinion. It decides nothing.
risk_rating: High
business_stakeholders: Clinics
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp("tiny") / "project"
    with tiny_environment(folder, request.param, options="hyperparameters: {note: a b | c}\n") as made:
        yield made


def test_a_run_writes_the_card_of_its_model(tiny: TinyEnvironment) -> None:
    (tiny.folder / "examples/tiny/model_card.yaml").write_text(WORDS)
    tiny.run("run", "tiny-dev", "--follow")
    run = tiny.last_run()
    shown = tiny.run("models", "show", "tiny-dev", "last", "--card")
    assert shown.startswith(f"# Model of tiny-dev, run {run}\n")
    assert "- **Purpose of model**: To find those who should see a doctor \\*soon\\*" in shown
    assert "- **Risk rating**: High" in shown
    assert "| hyperparameters.note | a b \\| c |" in shown
    assert "| auc | 0.9" in shown
    assert "| auc | >= 0.9 | 0.9" in shown
    assert "- **Training data**: s3://" in shown
    assert "1 objects" in shown
    assert "card            Draft" in tiny.run("models", "show", "tiny-dev", "last")
    assert json.loads(tiny.run("models", "show", "tiny-dev", "last", "--json"))["card"] == "Draft"


def test_the_registry_has_it_in_sagemakers_form(tiny: TinyEnvironment) -> None:
    arn = json.loads(tiny.run("models", "show", "tiny-dev", "last", "--json"))["arn"]
    ask = f"import boto3; print(boto3.client('sagemaker').describe_model_package(ModelPackageName='{arn}')['ModelCard']"
    content = tiny.run("env", "tiny-dev", "--", sys.executable, "-c", f"{ask}['ModelCardContent'])")
    card = json.loads(content)
    assert find_faults(card) == []
    assert card["intended_uses"]["risk_rating"] == "High"
    assert card["business_details"] == {"business_stakeholders": "Clinics"}
    (group,) = card["evaluation_details"][0]["metric_groups"]
    (auc,) = [one for one in group["metric_data"] if one["name"] == "auc"]
    assert (auc["type"], auc["notes"]) == ("number", "the gate asked for >= 0.9")
    given = card["training_details"]["training_job_details"]["user_provided_hyper_parameters"]
    assert {"name": "hyperparameters.note", "value": "a b | c"} in given
    (artifact,) = card["model_overview"]["model_artifact"]
    assert artifact.endswith("model.tar.gz")


def test_words_that_sagemaker_would_refuse_end_the_run_before_it_starts(tiny: TinyEnvironment) -> None:
    card = tiny.folder / "examples/tiny/model_card.yaml"
    card.write_text("purpose_of_model: ''\nrisk_rating: Huge\nintended_use: all\n")
    before = tiny.run("runs", "tiny-dev", "--json")
    says = ("model_card.yaml:1", "model_card.yaml:2", "High, Medium, Low, Unknown", "did you mean `intended_uses`?")
    tiny.refused("run", "tiny-dev", code=2, says=says)
    card.write_text("- a\n")
    tiny.refused("run", "tiny-dev", code=2, says=("This must be a mapping.",))
    assert tiny.run("runs", "tiny-dev", "--json") == before


MAKE = """
import boto3, json, os
card = {card}
group = os.environ["MLOPS_IAC_MODEL_PACKAGE_GROUP"]
boto3.client("sagemaker").create_model_package(ModelPackageGroupName=group, ModelApprovalStatus="Rejected", **card)
"""


def test_a_version_of_somebody_else_has_no_card(tiny: TinyEnvironment, tmp_path: Path) -> None:
    (tmp_path / "make.py").write_text(MAKE.format(card={}))
    tiny.run("env", "tiny-dev", "--", sys.executable, str(tmp_path / "make.py"))
    tiny.refused("models", "show", "tiny-dev", "last", "--card", code=1, says=("No model card.",))


def test_a_card_that_follows_no_schema_is_refused_as_aws_does(tiny: TinyEnvironment, tmp_path: Path) -> None:
    content = json.dumps({"intended_uses": {"risk_rating": "Huge"}})
    card = {"ModelCard": {"ModelCardContent": content, "ModelCardStatus": "Draft"}}
    (tmp_path / "make.py").write_text(MAKE.format(card=card))
    variables = json.loads(tiny.run("env", "tiny-dev", "--json"))["variables"]
    done = subprocess.run(
        [sys.executable, str(tmp_path / "make.py")], env={**os.environ, **variables}, capture_output=True, text=True
    )
    assert "ValidationException" in done.stderr
    assert "#/intended_uses/risk_rating" in done.stderr
