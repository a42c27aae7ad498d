"""What is written reaches the script, through the shell of AWS's training toolkit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs import script_mode
from mlops_iac.pipelines import hyperparameters
from mlops_iac.runs import launcher

LAUNCHER = Path(launcher.__file__).parent
VALUES = [
    "0.1",
    "radius,texture",
    "two words",
    "",
    " ",
    "it's",
    'say "hi"',
    "$(touch ran)",
    "`touch ran`",
    "$HOME",
    "a;touch ran",
    "a|b&c",
    "*",
    "~",
    "#no comment",
    "\\",
    "line one\nline two",
    "[1, 2, 3]",
    '{"a": "b c"}',
    "é中🙂",
    "-1",
    "mlops_iac_b64:abc",
    "a>ran",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_reaches_the_script_as_it_was_written(tmp_path, value):
    (tmp_path / "train.py").write_text(
        "import json, os, pathlib, sys\n"
        "seen = {'argument': sys.argv[2], 'variable': os.environ['SM_HP_VALUE']}\n"
        "seen['all'] = json.loads(os.environ['SM_HPS'])\n"
        "pathlib.Path(os.environ['SM_MODEL_DIR'], 'seen').write_text(json.dumps(seen))\n"
    )
    for name in ("mlops_iac_run.py", "default_inference.py"):
        (tmp_path / {"default_inference.py": "inference.py"}.get(name, name)).write_bytes(
            (LAUNCHER / name).read_bytes()
        )
    model = tmp_path / "model"
    model.mkdir()
    asked = {"mlops_iac_script": "train.py", "value": hyperparameters.carry(value)}
    decoded = script_mode.decode(asked)
    variables = script_mode.variables(
        job="j",
        hyperparameters=decoded,
        channels={},
        resources=script_mode.resource_configuration("ml.m5.large"),
        submit_directory="",
        path=str,
    )
    command = script_mode.command("mlops_iac_run.py", sys.executable, script_mode.arguments(decoded))
    environment = {**os.environ, **variables, "SM_MODEL_DIR": str(model)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()
    seen = json.loads((model / "seen").read_text())
    assert seen["argument"] == seen["variable"] == value
    assert "mlops_iac_script" not in seen["all"]
    assert hyperparameters.read(hyperparameters.carry(value)) == value


def test_plain_values_travel_as_they_are():
    """So that they can be read in AWS's console, and are searched for there."""
    assert [hyperparameters.carry(value) for value in ("0.1", "adam", "a,b", "s3://bucket/key")] == [
        "0.1",
        "adam",
        "a,b",
        "s3://bucket/key",
    ]


def test_a_value_that_is_too_long_on_its_way_is_refused_before():
    assert hyperparameters.find_fault("x" * 2500) is None
    assert "SageMaker allows 2500" in str(hyperparameters.find_fault("x y" * 700))


def test_people_see_what_they_wrote_and_documents_what_travels() -> None:
    from mlops_iac.blueprints.parts.training_pipeline import training
    from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
    from mlops_iac.pipelines.compile import TARGETS, get_target
    from mlops_iac.pipelines.compile.bindings import Bindings
    from mlops_iac.pipelines.describe import describe

    bindings = Bindings.placeholder("screening-dev", "eu-central-1")
    pipeline = training(TabularBatchOptions.model_validate({"hyperparameters": {"note": "a b", "C": 1}}))
    told = describe(pipeline, bindings.zones)["parameters"]["hyperparameters"].default
    assert told == pipeline.defaults["hyperparameters"] == {"note": "a b", "C": "1"}
    for target in TARGETS:
        compiled = get_target(target).compile(pipeline, bindings)
        document = json.dumps(compiled) + compiled.get("source", "")
        assert f'"{hyperparameters.carry("a b")}"' in document, target
        assert '"a b"' not in document
    assert hyperparameters.written(hyperparameters.carried(pipeline.defaults)) == pipeline.defaults
