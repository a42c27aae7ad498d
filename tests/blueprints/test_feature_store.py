"""feature-store under Pulumi's mocks: what it adds to tabular-batch, and what it refuses with the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.blueprints import get_blueprint
from mlops_iac.blueprints.feature_store import FeatureStoreOptions
from mlops_iac.core.errors import ConfigError
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import GateStep
from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import STACK, write
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import Made, run_program

VISITS = """\
record_identifier: patient
event_time: seen_at
features: {patient: String, seen_at: String, visits: Integral}
"""
LABELS = """\
  mlops-iac:options:
    tables: {ills: {prefix: ills/, columns: {patient: string, asked_at: string, ill: int}}}
    labels: {table: ills, time: asked_at}
"""


def project(root: Path, more: str = LABELS, groups: dict[str, str] | None = None) -> Path:
    write(root)
    (root / "code/features").mkdir()
    (root / "code/features.py").touch()
    for name, text in ({"visits": VISITS} if groups is None else groups).items():
        (root / f"code/features/{name}.yaml").write_text(text)
    stack_file = root / "stacks" / "Pulumi.screening-dev.yaml"
    stack_file.write_text(STACK.replace("tabular-batch", "feature-store") + more)
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return run_program(load(project(tmp_path_factory.mktemp("features")), "screening-dev").run)


def pipelines(**options: Any) -> dict[str, Pipeline]:
    found = get_blueprint("feature-store").pipelines(FeatureStoreOptions.model_validate(options))
    return {pipeline.name: pipeline for pipeline in found}


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/feature-store.tree.txt", "\n".join(made.tree()) + "\n")


def test_all_else_is_what_tabular_batch_makes(made: Made, tmp_path: Path) -> None:
    other = run_program(load(write(tmp_path), "screening-dev").run)
    names = {line.strip() for line in made.tree()}
    assert [line for line in other.tree() if line.strip() not in names and "table" not in line] == []


def test_the_function_alone_reads_and_writes_records(made: Made) -> None:
    holders = set()
    for kind, resource in made.resources:
        policy = json.loads(made.get(resource, ":RolePolicy")["policy"]) if kind.endswith(":RolePolicy") else {}
        for statement in policy.get("Statement", ()):
            if any(action in ("sagemaker:PutRecord", "sagemaker:GetRecord") for action in statement["Action"]):
                holders.add(resource)
                assert [one.rpartition("/")[2] for one in statement["Resource"]] == ["screening-dev-visits"]
    assert holders == {"features-worker-policy"}


def test_a_training_begins_with_features_as_they_were_and_its_gate_looks_at_skew() -> None:
    found = pipelines(
        tables={"ills": {"columns": {"patient": "string", "asked_at": "string"}}},
        labels={"table": "ills", "time": "asked_at"},
        skew_at_most=0.01,
    )
    training = found["training"]
    assert [step.name for step in training.ordered if step.name in ("history", "validate", "skew", "gate")] == [
        "history", "skew", "validate", "gate",
    ]  # fmt: skip
    assert training.needs(training.get_step("validate")) == ("history",)
    assert "data" not in training.defaults
    gate = training.get_step("gate")
    assert isinstance(gate, GateStep)
    assert [(one.metric, one.bound) for one in gate.comparisons()][1] == ("skew", 0.01)


def test_without_labels_a_training_begins_with_raw_data() -> None:
    training = pipelines()["training"]
    assert training.steps[0].name == "validate"
    assert training.defaults["data"] == "raw/"


def test_features_are_made_by_a_schedule_where_one_is_said() -> None:
    assert pipelines()["features"].triggers == {}
    timed = pipelines(features={"schedule": "cron(0 5 * * ? *)", "timezone": "Europe/Berlin", "data": "raw/firms/"})
    assert timed["features"].triggers["scheduled"].when == "cron(0 5 * * ? *)"  # type: ignore[union-attr]
    assert timed["features"].defaults["data"] == "raw/firms/"


@pytest.mark.parametrize(
    ("more", "groups", "place", "said"),
    [
        ("", {}, "code/features", "There are no features"),
        ("", {"visits": VISITS.replace("Integral", "Int")}, "code/features/visits.yaml:3", "not one of the choices"),
        (LABELS, {"ills": VISITS}, "code/features/ills.yaml", "Two tables have one name"),
        (LABELS.replace("table: ills", "table: il"), None, "stacks/Pulumi.screening-dev.yaml:10", "no table `il`"),
        (LABELS.replace("time: asked_at", "time: when"), None, "Pulumi.screening-dev.yaml:10", "no column `when`"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(
    tmp_path: Path, more: str, groups: dict[str, str] | None, place: str, said: str
) -> None:
    program = load(project(tmp_path, more, groups), "screening-dev")
    with pytest.raises(ConfigError, match=said) as refused:
        run_program(program.run)
    assert place in str(refused.value)
