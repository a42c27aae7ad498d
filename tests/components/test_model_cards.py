"""The card writer: its function as it runs on Lambda, with an S3 that is a dictionary."""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any

import pytest

from mlops_iac.cloud.model_card_schema import find_faults
from mlops_iac.components.registry import card_function
from mlops_iac.core import lake_files
from mlops_iac.pipelines import hyperparameters

ABOUT = {
    "stack": "screening-dev",
    "pipeline": "training",
    "bucket": "lake",
    "models": "models/",
    "code": "code/",
    "evaluation": "models/{run}/evaluation/evaluation.json",
    "conditions": [{"metric": "auc", "direction": "at_least", "parameter": "gate_at_least"}],
    "image": "image:1",
    "encryption": {},
    "tagging": "a=b",
}
EVENT = {
    "run": "r",
    "code": "c0de",
    "model": "s3://lake/m.tar.gz",
    "about": ABOUT,
    "parameters": {"gate_at_least": 0.9},
}
EVALUATION = "models/r/evaluation/evaluation.json"
RECORD = "models/r/record/run.json"


class NotThere(Exception):
    response: Any = {"Error": {"Code": "NoSuchKey"}}


class FakeS3:
    class exceptions:
        ClientError = NotThere

    def __init__(self, objects: dict[str, Any]) -> None:
        self.objects = {key: value if isinstance(value, bytes) else json.dumps(value) for key, value in objects.items()}

    def get_object(self, *, Bucket: str, Key: str) -> Any:
        if Key not in self.objects:
            raise NotThere
        content = self.objects[Key]
        return {"Body": BytesIO(content if isinstance(content, bytes) else content.encode())}


@pytest.fixture(autouse=True)
def _as_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beside the function in its archive."""
    monkeypatch.setitem(sys.modules, "hyperparameters", hyperparameters)
    monkeypatch.setitem(sys.modules, "lake_files", lake_files)


def card(objects: dict[str, Any], **change: Any) -> card_function.Card:
    return card_function.Card(FakeS3(objects), ABOUT, {**EVENT, "about": ABOUT, **change})


def test_a_run_that_something_else_started_has_a_card_that_says_what_is_not_known() -> None:
    made = card({})
    assert find_faults(made.content()) == []
    assert "not known: something else than `mlops-iac run` started the run" in made.markdown().replace("\\", "")
    assert "write `model_card.yaml` beside the scripts" in made.markdown()


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b'"text"'], ids=["empty", "text", "a list", "a string"])
def test_a_file_that_is_broken_is_no_reason_to_end_a_run(body: bytes) -> None:
    made = card({EVALUATION: body, RECORD: body, "code/c0de/model_card.json": body})
    assert find_faults(made.content()) == []


def test_more_than_sagemaker_takes_is_cut() -> None:
    many = {f"m{number}": number for number in range(500)}
    long = {f"p{number}": "x" * 3000 for number in range(300)}
    record = {"told": {"started_by": "x" * 5000, "data": {str(n): {"prefix": "raw/"} for n in range(40)}}}
    made = card({EVALUATION: {"metrics": many}, RECORD: record}, parameters={"hyperparameters": long})
    content = made.content()
    assert find_faults(content) == []
    assert len(json.dumps(content)) < 100_000
    assert len(content["evaluation_details"][0]["metric_groups"][0]["metric_data"]) == 100


def test_numbers_that_json_has_not_are_left_out() -> None:
    made = card({EVALUATION: b'{"metrics": {"auc": NaN, "loss": Infinity, "n": 3, "ok": true, "deep": {"a": 1.5}}}'})
    assert made.metrics == {"n": 3, "deep.a": 1.5}
    assert find_faults(json.loads(json.dumps(made.content()))) == []


def test_parameters_come_together_or_one_by_one_and_are_read_as_they_were_written() -> None:
    carried = hyperparameters.carry("a b")
    together = card({}, parameters={"hyperparameters": {"note": carried}})
    apart = card({}, parameters={}, **{"parameters.hyperparameters.note": carried})
    assert together.parameters == apart.parameters == {"hyperparameters.note": "a b"}


def test_words_of_others_stay_text() -> None:
    words = {"purpose_of_model": "# <script>\n| [x](y)"}
    shown = card({"code/c0de/model_card.json": words}).markdown()
    assert "- **Purpose of model**: # \\<script> \\| \\[x\\](y)" in shown


def test_a_card_leads_to_where_the_run_is_logged() -> None:
    about = {**ABOUT, "logged": "MLflow, experiment screening-dev-training, run "}
    made = card_function.Card(FakeS3({}), about, {**EVENT, "about": about})
    assert "- **Logged in**: MLflow, experiment screening-dev-training, run r" in made.markdown().splitlines()
    details = made.content()["additional_information"]["custom_details"]
    assert details["logged_in"] == "MLflow, experiment screening-dev-training, run r"
    assert "logged" not in card({}).markdown().lower()
