"""`mlops-iac schema`: what editors read."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: mlops-iac\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_it_is_printed_and_is_a_schema(capsys, json_option):
    assert run_command(["schema", *json_option]) == exit_codes.OK
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_a_file_that_new_wrote_passes_it(root, capsys):
    assert run_command(["new", "--team", "churn", "--env", "dev", "--blueprint", "tabular-batch", "--code", "x"]) == 0
    assert run_command(["schema", "--write"]) == exit_codes.OK
    schema = json.loads((root / ".mlops-iac" / "stack.schema.json").read_text())
    written = yaml.safe_load((root / "stacks" / "Pulumi.churn-dev.yaml").read_text())
    written["config"]["mlops-iac:options"] = {"gate": {"at_least": 0.9}}
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(written)) == []
    written["config"]["mlops-iac:options"] = {"gaet": {}}
    assert list(validator.iter_errors(written))


def test_written_with_json_it_says_where(root, capsys):
    assert run_command(["schema", "--write", "--json"]) == exit_codes.OK
    files = [f".mlops-iac/{of}.schema.json" for of in ("stack", "pipeline", "company", "features")]
    assert json.loads(capsys.readouterr().out) == {"files": files}
    assert all((root / file).is_file() for file in files)


@pytest.fixture
def pipelines(capsys):
    assert run_command(["schema", "pipeline"]) == exit_codes.OK
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


GOOD = """
extends: training
parameters: {rows: {type: number, default: 3, minimum: 1}, gate_at_least: }
steps:
  profile: {kind: processing, script: a.py, inputs: {d: validate.data}, outputs: {r: {zone: models}}}
  train: {after: [profile]}
  deploy:
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("", ""), ("kind: processing", "kind: procesing"), ("script: a.py, ", ""), ("after", "aftr"),
     ("extends", "extend"), ("validate.data", "validate"), ("profile:", "Profile:"), ("type: number", "type: numbr")],
)  # fmt: skip
def test_the_schema_of_pipelines_takes_what_is_right_and_nothing_else(pipelines, old, new):
    found = [*pipelines.iter_errors(yaml.safe_load(GOOD.replace(old, new)))]
    assert bool(found) == (old != new)


def test_every_field_of_every_kind_has_a_description(pipelines):
    steps = pipelines.schema["properties"]["steps"]["additionalProperties"]["anyOf"][1]["allOf"]
    undescribed = [
        f"{one['if']['properties']['kind']['const']}.{name}"
        for one in steps
        for name, field in one["then"]["properties"].items()
        if name != "kind" and not field.get("description")
    ]
    assert undescribed == []


COMPANY = """
defaults: {security: standard, tags: {a: b}, options: {gate: {metric: auc}}}
locked: [tags.a]
limits: {aws:region: {one_of: [eu-west-1]}, options.monthly_budget_usd: {at_most: 500}}
groups: {prod: {stacks: ["*-prod"], defaults: {security: regulated}}}
"""


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({}, True),
        ({"defaults": {"security": "none"}}, False),
        ({"defaults": {"team": "churn"}}, False),
        ({"limits": {"security": {"most": 3}}}, False),
        ({"groups": {"prod": {"defaults": {}}}}, False),
        ({"locked": "tags.a"}, False),
    ],
)
def test_a_companys_file_is_held_against_its_schema(capsys, change, right):
    assert run_command(["schema", "company"]) == exit_codes.OK
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    found = list(jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(COMPANY) | change))
    assert bool(found) is not right
