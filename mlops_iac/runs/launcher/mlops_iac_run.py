"""The training entry point: runs the team's script, then puts the serving code beside the model that the script saved.

SageMaker's framework containers start this file with the hyperparameters as arguments; ``mlops_iac_script`` names the
script. With ``mlops_iac_trials`` the checkpoints of a tuning's trials lie together in the folder that it names: a
script finds those of its own trial, and no others, where a training's are.
Standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import ast
import base64
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

SCRIPT, LAUNCHER, TRIALS = "mlops_iac_script", "mlops_iac_launcher", "mlops_iac_trials"
OWN_ARGUMENTS = (SCRIPT, LAUNCHER, TRIALS)
CHECKPOINTS = "checkpoints"
"""Where a script finds its checkpoints, beside its model's folder."""
OWN_FILE = Path(__file__).name
OWN_FILES = (
    OWN_FILE,
    "mlops_iac_items.py",
    "mlops_iac_map.py",
    "mlops_iac_nodes.py",
    "mlops_iac_ray.py",
    "mlops_iac_results.py",
    "mlops_iac_script_mode.py",
    "mlops_iac_secret_values.py",
    "mlops_iac_secrets.py",
    "mlops_iac_step.py",
    "mlops_iac_tasks.py",
)
"""What travels for the sake of starting, and serves nothing."""
CARRIED = "mlops_iac_b64:"
"""How a value begins that a shell on the way would have changed."""
EVALUATION = "evaluation.json"
MOST_BYTES = 1024 * 1024
"""Of an evaluation: more is no list of metrics."""
FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
"""What SageMaker's serving containers look for in a script."""
DEFAULT = b'"""Serves a saved scikit-learn or ONNX model when a team has no'
"""How our own inference.py begins: it travels when the team has none."""


_OWN_VARIABLES = tuple(f"SM_HP_{name.upper()}" for name in OWN_ARGUMENTS)


def split_arguments(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """What the arguments tell us, and those that are the team's. Ends the program when no script is named."""
    own: dict[str, str] = {}
    for name in OWN_ARGUMENTS:
        flag = f"--{name}"
        if flag in arguments[:-1]:
            at = arguments.index(flag)
            own[name] = arguments[at + 1]
            arguments = [*arguments[:at], *arguments[at + 2 :]]
    if SCRIPT not in own:
        sys.exit(f"{OWN_FILE}: the hyperparameter {SCRIPT} is missing; it names the script to run")
    return own, [read_carried(word) for word in arguments]


def read_carried(value: str) -> str:
    """A value as it was written."""
    if not value.startswith(CARRIED):
        return value
    word = value[len(CARRIED) :]
    return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()


def read_values(value: object) -> object:
    """The same inside JSON: what is JSON itself is decoded, as SageMaker's toolkit does with plain values."""
    if isinstance(value, dict):
        return {name: read_values(item) for name, item in value.items()}
    if isinstance(value, list):
        return [read_values(item) for item in value]
    if not isinstance(value, str) or not value.startswith(CARRIED):
        return value
    text = read_carried(value)
    try:
        return json.loads(text)
    except ValueError:
        return text


def script_environment(variables: Mapping[str, str], script: str, arguments: list[str], code: Path) -> dict[str, str]:
    """The SM_* variables as they would be if the container had started the team's script itself."""
    result = {name: read_carried(value) for name, value in variables.items() if name not in _OWN_VARIABLES}
    for name in ("SM_HPS", "SM_TRAINING_ENV"):
        if name in result:
            values = json.loads(result[name])
            for own in OWN_ARGUMENTS:
                values.pop(own, None)
                values.get("hyperparameters", {}).pop(own, None)
            result[name] = json.dumps(read_values(values))
    result["SM_USER_ARGS"] = json.dumps(arguments)
    result["SM_USER_ENTRY_POINT"] = script
    result["SM_MODULE_NAME"] = script[: -len(".py")] if script.endswith(".py") else script
    result["PYTHONPATH"] = os.pathsep.join(filter(None, [str(code), result.get("PYTHONPATH", "")]))
    result["PYTHONUNBUFFERED"] = "1"
    return result


def run_script(script: str, arguments: list[str], variables: Mapping[str, str], code: Path) -> int:
    """Run the script to its end; a SIGTERM (the job is stopped) is passed on, so that it can save what it has."""
    interpreter = "/bin/bash" if script.endswith(".sh") else sys.executable
    process = subprocess.Popen([interpreter, script, *arguments], cwd=code, env=dict(variables))
    signal.signal(signal.SIGTERM, lambda number, frame: process.send_signal(number))
    code_or_signal = process.wait()
    return 128 - code_or_signal if code_or_signal < 0 else code_or_signal


def launched(launcher: str, variables: Mapping[str, str]) -> AbstractContextManager[Mapping[str, str]]:
    """More variables for the script, from what must be started around it."""
    if launcher == "ray":
        import mlops_iac_ray  # type: ignore[import-not-found]

        around: AbstractContextManager[Mapping[str, str]] = mlops_iac_ray.cluster(variables)
        return around
    return nullcontext({})


def find_own_checkpoints(trials: Path, usual: Path, trial: str) -> None:
    """Make ``usual`` lead to a trial's own folder among ``trials``. Several processes of a machine do it at once."""
    own = trials / trial
    own.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError, NotADirectoryError):
        usual.rmdir()  # an empty one, which somebody made beforehand
    with suppress(FileExistsError):
        usual.symlink_to(own)


def with_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """The script's variables with the secrets of the systems that its step uses. Ends the program without them."""
    if "MLOPS_IAC_FETCH_1" not in variables:
        return dict(variables)
    import mlops_iac_secrets  # type: ignore[import-not-found]

    found: dict[str, str] = mlops_iac_secrets.with_secrets(variables)
    return found


def is_first(variables: Mapping[str, str]) -> bool:
    """Whether this process is the first of those that train together on all machines: it alone keeps the model."""
    rank = variables.get("OMPI_COMM_WORLD_RANK", variables.get("RANK"))
    if rank is not None:  # MPI's processes on other hosts are told the first one's name
        return rank == "0"
    hosts = json.loads(variables.get("SM_HOSTS") or "[]")
    return not hosts or variables.get("SM_CURRENT_HOST") == hosts[0]


def report_metrics(folders: Iterable[Path]) -> None:
    """Tell the numbers of an evaluation that the script left in the log, where a tuning job finds its objective."""
    for file in (folder / EVALUATION for folder in folders):
        if file.is_file() and file.stat().st_size <= MOST_BYTES:
            try:
                found = dict(find_numbers(json.loads(file.read_bytes())))
            except (ValueError, RecursionError) as error:
                print(f"{OWN_FILE}: {file} is not JSON: {error}", flush=True)
                continue
            for name, value in found.items():
                print(f"mlops_iac_metric {name}={value!r}", flush=True)


def find_numbers(value: object, path: str = "") -> Iterator[tuple[str, float]]:
    """Numbers by their paths: ``auc`` for what lies in ``metrics``, ``regression_metrics.mse.value`` for others."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from find_numbers(inner, f"{path}.{key}".lstrip(".").removeprefix("metrics."))
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        yield path, float(value)


def copy_serving_code(code: Path, model: Path) -> None:
    """Copy the code into ``<model>/code``, where SageMaker's serving containers look for it.

    All of it, not ``inference.py`` alone: a pickled model may hold classes of any of the team's modules. What the
    script put there itself stays as it is.
    """
    target = model / "code"
    for source in sorted(code.rglob("*")):
        relative = source.relative_to(code)
        if source.is_dir() or "__pycache__" in relative.parts or relative.name in OWN_FILES:
            continue
        if (target / relative).exists():
            continue
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / relative)


def find_functions(script: Path) -> list[str]:
    """Which of `FUNCTIONS` a script defines, without running it."""
    if script.suffix != ".py":
        return []
    tree = ast.parse(script.read_bytes())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS]


def serve_by_script(script: str, functions: list[str], model: Path) -> None:
    """Serve with the training script's own functions, as AWS's samples have them: the script is the entry point of both
    there, so it guards what trains with ``if __name__ == "__main__"``. A team's own inference.py goes first."""
    inference = model / "code" / "inference.py"
    if not functions or not inference.read_bytes().startswith(DEFAULT):
        return
    lines = [
        f'"""Serves with the functions of {script}."""',
        "import importlib.util, pathlib, sys",
        f"file = pathlib.Path(__file__).parent / {script!r}",
        'spec = importlib.util.spec_from_file_location("training_script", file)',
        "module = importlib.util.module_from_spec(spec)",
        "sys.modules[spec.name] = module",
        "spec.loader.exec_module(module)",
        *(f"{name} = module.{name}" for name in functions),
    ]
    inference.write_text("\n".join(lines) + "\n")


def main() -> None:
    code = Path(__file__).resolve().parent
    model = Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    own, arguments = split_arguments(sys.argv[1:])
    script = own[SCRIPT]
    if not (code / script).is_file():
        sys.exit(f"{OWN_FILE}: there is no {script} in the code of this run")
    if TRIALS in own:
        trial = os.environ.get("TRAINING_JOB_NAME") or json.loads(os.environ["SM_TRAINING_ENV"])["job_name"]
        find_own_checkpoints(model.parent / Path(own[TRIALS]).name, model.parent / CHECKPOINTS, trial)
    with launched(own.get(LAUNCHER, ""), os.environ) as more:
        variables = {**script_environment(os.environ, script, arguments, code), **more}
        status = run_script(script, arguments, with_secrets(variables), code)
    if status:
        sys.exit(status)
    if not is_first(os.environ):
        return
    report_metrics([Path(os.environ.get("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data")), model])
    if not any(model.iterdir() if model.is_dir() else ()):
        sys.exit(f"{OWN_FILE}: {script} saved nothing in SM_MODEL_DIR ({model}); there is no model to keep")
    copy_serving_code(code, model)
    serve_by_script(script, find_functions(code / script), model)


if __name__ == "__main__":
    main()
