"""`mlops-iac blueprint`: what can be had, without loading Pulumi."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mlops_iac.blueprints import BLUEPRINTS, get_blueprint
from mlops_iac.blueprints.catalogue import LITTLE
from mlops_iac.cli.blueprint import summarize, where_it_runs
from mlops_iac.cli.main import run_command
from mlops_iac.config.load import runs_code
from mlops_iac.core import exit_codes
from mlops_iac.scaffold.example import list_examples


def test_the_list_says_of_each_what_it_is_where_it_runs_and_what_it_costs(capsys):
    assert run_command(["blueprint", "list"]) == exit_codes.OK
    lines = capsys.readouterr().out.splitlines()
    first, second = lines[::2], lines[1::2]
    assert [line.split()[0] for line in first] == sorted(BLUEPRINTS)
    for line, where in zip(first, second, strict=True):
        blueprint = get_blueprint(line.split()[0])
        assert line.endswith(blueprint.summary)
        assert where.strip().startswith(f"{blueprint.about.orchestrator}; {blueprint.about.compute}; ")
        assert re.search(r"; idle, about \d+ \$ a month(, \d+ \$ as a sandbox)?$", where)


def test_the_list_says_when_the_first_model_is_there():
    told = {"orchestrator": "Step Functions", "compute": "SageMaker jobs", "first_model_seconds": 31}
    told |= {"idle_usd_a_month": {"usual": 4.3}, "sandbox_idle_usd_a_month": {"usual": 3.3}}
    assert where_it_runs(told) == "Step Functions; SageMaker jobs; first model here in 31 s; idle, about 4 $ a month"
    told |= {"idle_usd_a_month": {"usual": 91.7}}
    assert where_it_runs(told).endswith("idle, about 92 $ a month, 3 $ as a sandbox")


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_as_a_sandbox_nothing_but_machines_that_are_always_on_costs_more_than_a_little(name, capsys):
    assert run_command(["blueprint", "show", name, "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)
    machines = sum(each["usual"] for each in found["idle_items"] if "always on" in each["what"])
    assert found["sandbox_idle_usd_a_month"]["usual"] - machines <= LITTLE


def test_a_package_that_says_nothing_of_its_blueprint_has_its_summary_alone():
    plain = SimpleNamespace(name="acme", summary="Acme's own.")
    told = summarize(plain)
    assert where_it_runs(told) == ""
    assert told["idle_usd_a_month"] is None


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_each_blueprint_says_what_it_is_for_and_has_an_example(name):
    about = get_blueprint(name).about
    assert about.use_for
    assert about.not_for
    assert about.example in list_examples() or not runs_code(get_blueprint(name).Options)


def test_the_list_as_json(capsys):
    assert run_command(["blueprint", "list", "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)["blueprints"]
    assert {each["name"]: each["summary"] for each in found}["tabular-batch"]


def test_a_blueprint_shows_layers_pipeline_and_options_with_defaults(capsys):
    assert run_command(["blueprint", "show", "tabular-batch"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert "  validate → prepare → train → evaluate → gate → register → deploy\n" in out
    assert "\n  data_lake\n" in out
    assert "\n  framework           name sklearn, version 1.4-2\n" in out
    assert "  serving             flavour serverless, …\n" in out
    assert "  For      tables that are scored now and then" in out
    assert "mlops-iac new --blueprint tabular-batch" in out


def test_an_option_is_explained_with_everything_below_it(capsys):
    assert run_command(["blueprint", "show", "tabular-batch", "serving"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith("  serving.flavour = serverless\n      How the model serves")
    assert "  serving(realtime).instance_count = 2\n" in out
    assert "slow_after_ms" not in out
    assert run_command(["blueprint", "show", "tabular-batch", "all"]) == exit_codes.OK
    assert {"  framework.name = sklearn", "  slow_after_ms = 2000"} <= set(capsys.readouterr().out.splitlines())


def test_an_unknown_option_suggests_the_nearest(capsys):
    assert run_command(["blueprint", "show", "tabular-batch", "servin"]) == exit_codes.CONFIGURATION
    assert "did you mean `serving`?" in capsys.readouterr().err


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
