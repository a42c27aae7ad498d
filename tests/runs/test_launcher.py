"""The files that travel, run as a job runs them: by another process, in a folder unpacked from the archive."""

from __future__ import annotations

import ast
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from importlib.resources import files
from pathlib import Path

import pytest

LAUNCHER = Path(str(files("mlops_iac.runs.launcher").joinpath("run.sh"))).parent
SCRIPT_MODE = Path(str(files("mlops_iac.core").joinpath("script_mode.py")))


def make_code(folder: Path, **scripts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(LAUNCHER / "mlops_iac_run.py", folder)
    shutil.copy(LAUNCHER / "default_inference.py", folder / "inference.py")
    for name, text in scripts.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def run_training(code: Path, model: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(code / "mlops_iac_run.py"), *arguments],
        cwd=code,
        env={**os.environ, "SM_MODEL_DIR": str(model), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


SAVES = "import os, pathlib; pathlib.Path(os.environ['SM_MODEL_DIR'], 'model.joblib').write_text('m')\n"


def test_the_script_gets_its_own_arguments_and_variables(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    script = (
        SAVES
        + "import sys, json\nprint(json.dumps([sys.argv[1:], os.environ['SM_HPS'], os.environ['SM_MODULE_NAME']]))"
    )
    code = make_code(tmp_path / "code", train=script)
    done = run_training(
        code, model, "--C", "1.0", "--mlops_iac_script", "train.py", "--seed", "3",
        SM_HPS=json.dumps({"C": 1.0, "mlops_iac_script": "train.py", "seed": 3}),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    arguments, hyperparameters, module = json.loads(done.stdout)
    assert arguments == ["--C", "1.0", "--seed", "3"]
    assert json.loads(hyperparameters) == {"C": 1.0, "seed": 3}
    assert module == "train"


def test_the_model_carries_its_serving_code(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    code = make_code(tmp_path / "code", train=SAVES, features="X = 1\n")
    (code / "wheels").mkdir()
    (code / "wheels" / "a-1-py3-none-any.whl").write_bytes(b"w")
    (code / "requirements.txt").write_text("--no-index\n")
    assert run_training(code, model, "--mlops_iac_script", "train.py").returncode == 0
    there = sorted(path.relative_to(model).as_posix() for path in model.rglob("*") if path.is_file())
    assert there == [
        "code/features.py",
        "code/inference.py",
        "code/requirements.txt",
        "code/train.py",
        "code/wheels/a-1-py3-none-any.whl",
        "model.joblib",
    ]


@pytest.mark.parametrize("variable", ["RANK", "OMPI_COMM_WORLD_RANK"])
def test_of_processes_that_train_together_the_first_keeps_the_model(tmp_path: Path, variable: str) -> None:
    code, model = make_code(tmp_path / "code", train="print('trained')"), tmp_path / "model"
    model.mkdir()
    second = run_training(code, model, "--mlops_iac_script", "train.py", **{variable: "1"})
    assert (second.returncode, [*model.iterdir()]) == (0, [])
    first = run_training(code, model, "--mlops_iac_script", "train.py", **{variable: "0"})
    assert "saved nothing" in first.stderr


def test_of_instances_that_train_together_the_first_keeps_the_model(tmp_path: Path) -> None:
    code, model = make_code(tmp_path / "code", train="print('trained')"), tmp_path / "model"
    model.mkdir()
    hosts = {"SM_HOSTS": '["algo-1", "algo-2"]'}
    second = run_training(code, model, "--mlops_iac_script", "train.py", **hosts, SM_CURRENT_HOST="algo-2")
    assert (second.returncode, [*model.iterdir()]) == (0, [])
    first = run_training(code, model, "--mlops_iac_script", "train.py", **hosts, SM_CURRENT_HOST="algo-1")
    assert "saved nothing" in first.stderr


def test_numbers_of_an_evaluation_are_told_where_a_tuning_job_looks(tmp_path: Path) -> None:
    script = """
import json, os, pathlib
found = {"metrics": {"auc": 0.9, "bad": float("nan"), "is": True}, "regression_metrics": {"mse": {"value": 4}}}
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "evaluation.json").write_text(json.dumps(found))
pathlib.Path(os.environ["SM_MODEL_DIR"], "m").write_text("")
"""
    code, model, output = make_code(tmp_path / "code", train=script), tmp_path / "model", tmp_path / "output"
    model.mkdir()
    output.mkdir()
    done = run_training(code, model, "--mlops_iac_script", "train.py", SM_OUTPUT_DATA_DIR=str(output))
    told = [line for line in done.stdout.splitlines() if line.startswith("mlops_iac_metric")]
    assert told == ["mlops_iac_metric auc=0.9", "mlops_iac_metric regression_metrics.mse.value=4.0"]


def test_what_the_script_put_there_itself_stays(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    own = "d = pathlib.Path(os.environ['SM_MODEL_DIR'], 'code'); d.mkdir(); (d / 'inference.py').write_text('OWN')\n"
    code = make_code(tmp_path / "code", train=SAVES + own)
    assert run_training(code, model, "--mlops_iac_script", "train.py").returncode == 0
    assert (model / "code" / "inference.py").read_text() == "OWN"


@pytest.mark.parametrize(
    ("script", "arguments", "code", "message"),
    [
        ("import sys; sys.exit(7)", ["--mlops_iac_script", "train.py"], 7, ""),
        ("raise ValueError('no such column')", ["--mlops_iac_script", "train.py"], 1, "ValueError: no such column"),
        ("pass", ["--mlops_iac_script", "train.py"], 1, "saved nothing"),
        ("pass", ["--mlops_iac_script", "absent.py"], 1, "no absent.py"),
        ("pass", ["--C", "1"], 1, "mlops_iac_script is missing"),
    ],
)
def test_a_training_that_fails_says_why(
    tmp_path: Path, script: str, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "model").mkdir()
    done = run_training(make_code(tmp_path / "code", train=script), tmp_path / "model", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert not (tmp_path / "model" / "code").exists()


def test_a_stop_reaches_the_script(tmp_path: Path) -> None:
    script = (
        "import signal, sys, time, os, pathlib\n"
        "signal.signal(signal.SIGTERM, lambda *a: (print('saving', flush=True), sys.exit(3)))\n"
        "print('ready', flush=True)\ntime.sleep(30)\n"
    )
    code = make_code(tmp_path / "code", train=script)
    process = subprocess.Popen(
        [sys.executable, str(code / "mlops_iac_run.py"), "--mlops_iac_script", "train.py"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "SM_MODEL_DIR": str(tmp_path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert process.stdout.read() == "saving\n"
    assert process.wait(10) == 3


def make_input(folder: Path, **scripts: str) -> Path:
    """What a processing job finds under /opt/ml/processing/input/code."""
    code = make_code(folder / "made", **scripts)
    target = folder / "code"
    target.mkdir()
    with tarfile.open(target / "sourcedir.tar.gz", "w:gz") as archive:
        for path in code.iterdir():
            archive.add(path, path.name)
    shutil.copy(LAUNCHER / "run.sh", target)
    return target


def run_processing(code: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/bash", str(code / "run.sh"), *arguments]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


def test_a_processing_script_runs_with_its_arguments_beside_its_modules(tmp_path: Path) -> None:
    script = "import sys, features; print(features.X, sys.argv[1:])"
    code = make_input(tmp_path, validate=script, features="X = 'beside'\n")
    done = run_processing(code, "validate.py", "--name", "two words")
    assert (done.returncode, done.stdout) == (0, "beside ['--name', 'two words']\n"), done.stderr
    assert run_processing(code, "validate.py").returncode == 0, "a second attempt finds the folder there"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [([], 2, "no script given"), (["absent.py"], 2, "no absent.py"), (["bad.py"], 5, "")],
)
def test_a_processing_script_that_fails_ends_the_job_with_its_code(
    tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    done = run_processing(make_input(tmp_path, bad="import sys; sys.exit(5)"), *arguments)
    assert done.returncode == code
    assert message in done.stderr


TRAVELS = [*sorted(LAUNCHER.glob("mlops_iac_*.py")), LAUNCHER / "default_inference.py", SCRIPT_MODE]


@pytest.mark.parametrize("file", TRAVELS, ids=lambda file: file.name)
def test_what_travels_is_python_3_9_and_needs_nothing_of_ours(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"), feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {module.split(".")[0] for module in imported} - set(sys.stdlib_module_names)
    assert {name for name in ours if not name.startswith("mlops_iac_")} <= {
        "boto3", "botocore", "joblib", "numpy", "onnxruntime", "pandas",
    }  # fmt: skip


SERVING_SCRIPT = """
import os, pathlib

def model_fn(model_dir):
    return pathlib.Path(model_dir, "model").read_text()

def predict_fn(data, model):
    return [model, data]

if __name__ == "__main__":
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model").write_text("trained")
"""


def serve(model: Path) -> dict[str, object]:
    """The functions that a serving container finds in the model's inference.py."""
    return runpy.run_path(str(model / "code" / "inference.py"))


def test_a_model_fn_in_the_training_script_serves(tmp_path: Path) -> None:
    """AWS's samples have one script for both; our own default must not stand in its way."""
    code, model = make_code(tmp_path / "code", train=SERVING_SCRIPT), tmp_path / "model"
    model.mkdir()
    done = run_training(code, model, "--mlops_iac_script", "train.py")
    assert done.returncode == 0, done.stderr
    found = serve(model)
    assert found["model_fn"](str(model)) == "trained"  # type: ignore[operator]
    assert {"predict_fn"} == set(found) & {"input_fn", "output_fn", "predict_fn", "transform_fn"}


def test_a_teams_own_inference_goes_before_the_training_script(tmp_path: Path) -> None:
    code, model = make_code(tmp_path / "code", train=SERVING_SCRIPT, inference="OWN = 1\n"), tmp_path / "model"
    model.mkdir()
    assert run_training(code, model, "--mlops_iac_script", "train.py").returncode == 0
    assert serve(model)["OWN"] == 1


def test_the_default_serves_when_the_training_script_has_no_functions(tmp_path: Path) -> None:
    script = "import os, pathlib; pathlib.Path(os.environ['SM_MODEL_DIR'], 'm').touch()"
    code, model = make_code(tmp_path / "code", train=script), tmp_path / "model"
    model.mkdir()
    assert run_training(code, model, "--mlops_iac_script", "train.py").returncode == 0
    assert (model / "code" / "inference.py").read_bytes() == (code / "inference.py").read_bytes()
