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
    assert json.loads(capsys.readouterr().out) == {"file": ".mlops-iac/stack.schema.json"}
