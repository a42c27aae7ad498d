"""A notebook step: what its job is asked for on each target, and what a step may not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mlops_iac.core.environment import SHIPPED
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.describe import describe
from mlops_iac.pipelines.steps import NotebookStep, Output
from tests.support.golden import check_golden
from tests.support.notebooks import notebook
from tests.support.samples import SAMPLES

ZONES = {"models": "models/", "curated": "curated/", "raw": "raw/", "features": "features/"}


@pytest.mark.parametrize("target", TARGETS)
def test_the_document_is_the_golden_one(target: str, bindings: Bindings) -> None:
    document = get_target(target).compile(SAMPLES["notebook"](), bindings)
    check_golden(f"pipelines/notebook.{target}.json", json.dumps(document, indent=1) + "\n")


def test_the_executed_notebook_is_stored_while_the_job_runs_and_the_rest_at_its_end(bindings: Bindings) -> None:
    document = get_target("step-functions").compile(SAMPLES["notebook"](), bindings)
    asked = document["States"]["look"]["Parameters"]
    modes = {one["OutputName"]: one["S3Output"]["S3UploadMode"] for one in asked["ProcessingOutputConfig"]["Outputs"]}
    assert modes == {"notebook": "Continuous", "evaluation": "EndOfJob", "tables": "EndOfJob"}


def test_its_evaluation_is_one_that_runs_show_and_the_notebook_travels_as_its_script() -> None:
    described = describe(SAMPLES["notebook"](), ZONES)
    (step,) = described["steps"]
    assert step.facts["evaluation"] == "models/{run}/evaluation/evaluation.json"
    assert step.facts[SHIPPED] == "mlops_iac_notebook.py"
    assert described["scripts"] == {"look": "look.ipynb"}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "the output that is ours": ({"outputs": {"notebook": Output(zone="models")}}, "is the executed notebook's"),
    "one variable twice": (
        {"inputs": {"data": "parameters.data"}, "arguments": {"data": "1"}}, "`data` stands for two things"
    ),
    "several machines": ({"job": {"instance_count": 2}}, "by one machine, not 2"),
    "a script of its own": ({"script": "mine.py"}, "mlops_iac_notebook.py"),
    "no notebook": ({"notebook": "look.py"}, "ipynb"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_step_that_cannot_be_is_refused(what: str) -> None:
    fields, said = WRONG[what]
    with pytest.raises(ValidationError) as refused:
        NotebookStep.model_validate({"name": "look", "notebook": "look.ipynb", **fields})
    assert said in str(refused.value)


def test_numbers_and_truth_values_are_written_as_json_writes_them() -> None:
    made = NotebookStep.model_validate({"name": "look", "notebook": "a b.ipynb", "arguments": {"x": 1.5, "y": True}})
    assert made.arguments == {"x": "1.5", "y": "true"}


def test_a_notebook_that_a_job_cannot_execute_is_a_fault_of_the_step(tmp_path: Path) -> None:
    step = NotebookStep(name="look", notebook="look.ipynb", arguments={"depth": "x"})
    (tmp_path / "requirements.txt").write_text("papermill\nipykernel\n")
    for text, said in (
        ("{", "it is no JSON"),
        (json.dumps(notebook({"": ""}, language="r", kernel="ir")), "its kernel `ir`"),
        (json.dumps(notebook({"": ""})), "does not assign `depth`"),
        (json.dumps(notebook({"parameters": "depth = 1"})), "could not convert"),
    ):
        (tmp_path / "look.ipynb").write_text(text)
        (fault,) = step.faults(tmp_path)
        assert said in fault.detail
