"""What each framework's container does when a script leaves a function out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlops_iac.cloud.endpoints import model_server_folder
from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import framework_names, get_framework

PRELUDE = """
import json, sys, types
sys.path.insert(0, {folder!r})
stub = types.ModuleType("xgboost")
class DMatrix:
    def __init__(self, data, label=None, weight=None):
        self.data, self.label = data, label
stub.DMatrix = DMatrix
sys.modules["xgboost"] = stub
import model_server
defaults = model_server.DEFAULTS[{framework!r}]()
"""


def run(framework: str, script: str):
    """Run a script beside the model server, in the scikit-learn environment, which has numpy."""
    python = framework_environment(get_framework("sklearn", "1.4-2")).python
    prelude = PRELUDE.format(folder=str(model_server_folder()), framework=framework)
    done = subprocess.run([python, "-c", prelude + script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_framework_has_its_own_defaults():
    text = Path(model_server_folder(), "model_server.py").read_text()
    assert all(f'"{name}":' in text for name in framework_names())


def test_xgboost_gets_a_dmatrix_and_compares_no_names_of_features():
    script = """
seen = {}
class Booster:
    def predict(self, data, **options):
        seen.update(options)
        return data.data.sum(axis=1)
csv = defaults.input_fn(b"1,2\\n3,\\n", "text/csv; charset=utf-8")
libsvm = defaults.input_fn(b"1 1:5 3:7", "text/libsvm")
answer = defaults.output_fn(defaults.predict_fn(libsvm, Booster()), "application/json")
print(json.dumps([type(csv).__name__, csv.data.shape, libsvm.data.tolist(), json.loads(answer), seen]))
"""
    kind, shape, libsvm, answer, options = run("xgboost", script)
    assert (kind, shape) == ("DMatrix", [2, 2])
    assert libsvm == [[5.0, 0.0, 7.0]]
    assert (answer, options) == ([12.0], {"validate_features": False})


@pytest.mark.parametrize("framework", ["xgboost", "sklearn", "pytorch"])
def test_a_content_type_that_no_container_reads_is_answered_415(framework):
    script = """
try:
    defaults.input_fn(b"x", "image/png")
except model_server.Unsupported as error:
    print(json.dumps(error.status))
except ImportError:
    print(json.dumps("torch"))  # not in this environment
"""
    assert run(framework, script) in (415, "torch")


def test_a_missing_torchscript_file_is_told_in_awss_words():
    script = """
sys.modules["torch"] = types.ModuleType("torch")
try:
    defaults.model_fn("/nowhere")
except FileNotFoundError as error:
    print(json.dumps(str(error)))
"""
    assert run("pytorch", script) == "Failed to load model with default model_fn: missing file model.pt."
