"""`mlops-iac blueprint`: what can be had, without loading Pulumi."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mlops_iac.blueprints import BLUEPRINTS, get_blueprint
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes


def test_the_list_has_one_line_for_each(capsys):
    assert run_command(["blueprint", "list"]) == exit_codes.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(BLUEPRINTS)
    assert all(get_blueprint(line.split()[0]).summary in line for line in lines)


def test_the_list_as_json(capsys):
    assert run_command(["blueprint", "list", "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)["blueprints"]
    assert {each["name"]: each["summary"] for each in found}["tabular-batch"]


def test_a_blueprint_shows_layers_pipeline_and_options_with_defaults(capsys):
    assert run_command(["blueprint", "show", "tabular-batch"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert "  validate → prepare → train → evaluate → gate → register → deploy\n" in out
    assert "\n  data_lake\n" in out
    assert "\n  framework.name = sklearn\n" in out
    assert "  serving.flavour = serverless\n" in out
    assert "mlops-iac new --blueprint tabular-batch" in out


@pytest.mark.parametrize("name", sorted(BLUEPRINTS))
def test_every_option_of_every_blueprint_has_a_description(name, capsys):
    assert run_command(["blueprint", "show", name, "--json"]) == exit_codes.OK
    shown = json.loads(capsys.readouterr().out)
    assert [layer["name"] for layer in shown["layers"]] == list(get_blueprint(name).layers)
    for pipeline in shown["pipelines"]:
        assert pipeline["steps"][0].keys() == {"name", "kind"}
    assert [option["path"] for option in shown["options"] if not option["description"]] == []


def test_an_unknown_blueprint_suggests_the_nearest(capsys):
    assert run_command(["blueprint", "show", "tabular-bach"]) == exit_codes.CONFIGURATION
    assert "did you mean `tabular-batch`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [["blueprint", "list"], ["blueprint", "show", "tabular-batch"], ["schema"]], ids=" ".join
)
def test_nothing_heavy_is_imported(command):
    heavy = {"pulumi", "pulumi_aws", "boto3", "botocore", "moto", "rich"}
    code = (
        f"import sys\nfrom mlops_iac.cli.main import run_command\nassert run_command({command!r}) == 0\n"
        f"print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
