"""The step launcher: runs a team's script outside SageMaker as SageMaker would, in a container that has boto3.

The order is JSON in the variable ``MLOPS_IAC_STEP``::

    {"kind": "processing", "job": "<name>", "script": "prepare.py", "arguments": ["--rows", "9"],
     "inputs": [{"name": "data", "path": "/opt/ml/processing/input/data", "uri": "s3://…"}],
     "outputs": [{"name": "data", "path": "/opt/ml/processing/output/data", "uri": "s3://…", "always": false}]}
    {"kind": "training", "job": "<name>", "hyperparameters": {"C": "1.0", …}, "model": "s3://…/output/model.tar.gz",
     "inputs": [{"name": "train", "path": "/opt/ml/input/data/train", "uri": "s3://…"}]}

One input is called ``code`` and holds the packed code; an output that is ``always`` stored is stored when the script
fails, too. It fetches the inputs, writes SageMaker's files and variables, runs the script, uploads what it made, and
ends with the script's exit code; the last line of its output and ``/opt/ml/output/failure`` say why it failed.
A training may have several nodes (`mlops_iac_nodes.py`), of which the first one's model is kept.
Standard library and boto3 only, Python 3.9 or newer.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ORDER = "MLOPS_IAC_STEP"
OPT_ML = "MLOPS_IAC_OPT_ML"
"""Where /opt/ml really is; set by the embedded cloud on machines that cannot mount it."""
HOST = "algo-1"
AT_ONCE = 8
"""Objects fetched or stored at the same time."""
CODE = "/opt/ml/code"


class StepFailed(Exception):
    """The step ends with this exit code, for this reason."""

    def __init__(self, reason: str, code: int = 1) -> None:
        super().__init__(reason)
        self.code = code


def real(path: str) -> Path:
    """A path of SageMaker's contract on this machine."""
    base = os.environ.get(OPT_ML, "/opt/ml")
    return Path(base + path[len("/opt/ml") :]) if path.startswith("/opt/ml") else Path(path)


# The data -----------------------------------------------------------------------------------------------------------


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    bucket, _, key = uri[len("s3://") :].partition("/")
    return bucket, key


def below(prefix: str, key: str) -> str:
    """An object's path under its input, by SageMaker's rules: ``raw`` and ``raw/`` both take ``raw/`` off."""
    rest = key[len(prefix) :]
    if not rest:
        return key[prefix.rfind("/") + 1 :]
    if not prefix or prefix.endswith("/"):
        return rest
    return rest[1:] if rest.startswith("/") else key[prefix.rfind("/") + 1 :]


def find_objects(s3: Any, uri: str) -> Iterator[tuple[str, str]]:
    """Key and path of each object under a prefix; an empty one whose key ends in a slash is a folder's marker."""
    bucket, prefix = split(uri)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            if found["Size"] or not found["Key"].endswith("/"):
                yield found["Key"], below(prefix, found["Key"])


def fetch(s3: Any, uri: str, folder: Path) -> None:
    """The objects under a prefix into a folder. Raises StepFailed when there are none, or one cannot be a file."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = list(find_objects(s3, uri))
    if not objects:
        raise StepFailed(f'No S3 objects found under S3 URL "{uri}" given in input data source.')
    for key, path in objects:
        if {"", ".", ".."} & set(path.split("/")):
            raise StepFailed(f"Data download failed: the object with the key `{key}` cannot be a file of the input.")
    bucket = split(uri)[0]

    def one(found: tuple[str, str]) -> None:
        target = folder / found[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, found[0], str(target))

    each_at_once(one, objects)


def store(s3: Any, folder: Path, uri: str) -> None:
    """Every file of a folder under a prefix."""
    bucket, prefix = split(uri)
    prefix = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not file.is_symlink()]
    each_at_once(lambda file: s3.upload_file(str(file), bucket, prefix + file.relative_to(folder).as_posix()), files)


def store_archive(s3: Any, folder: Path, uri: str) -> None:
    """A folder's content as one tar.gz."""
    archive = real("/opt/ml") / uri.rsplit("/", 1)[-1]
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for child in sorted(folder.iterdir()):
            tar.add(child, arcname=child.name)
    bucket, key = split(uri)
    s3.upload_file(str(archive), bucket, key)
    archive.unlink()


def each_at_once(work: Any, things: Sequence[Any]) -> None:
    if len(things) < 2:
        for thing in things:
            work(thing)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(work, things):
            pass


# The contract -------------------------------------------------------------------------------------------------------


def write_json(path: str, value: Any) -> None:
    file = real(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value), encoding="utf-8")


def processing_command(order: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """What starts a processing script, and its variables; writes the files that it may read about its job."""
    for output in order["outputs"]:
        real(output["path"]).mkdir(parents=True, exist_ok=True)
    write_json("/opt/ml/config/resourceconfig.json", {"current_host": HOST, "hosts": [HOST]})
    write_json("/opt/ml/config/processingjobconfig.json", {"ProcessingJobName": order["job"]})
    run = str(real("/opt/ml/processing/input/code") / "run.sh")
    command = ["/bin/bash", run, order["script"], *order["arguments"]]
    return command, {"PROCESSING_JOB_NAME": order["job"]}


def training_command(order: Mapping[str, Any], nodes: Any) -> tuple[list[str], dict[str, str]]:
    """The same for a training script, by way of the entry point that SageMaker's containers start."""
    import mlops_iac_nodes  # type: ignore[import-not-found]
    import mlops_iac_script_mode as script_mode  # type: ignore[import-not-found]

    for folder in ("/opt/ml/model", "/opt/ml/output/data"):
        real(folder).mkdir(parents=True, exist_ok=True)
    given = order["hyperparameters"]
    channels = {
        one["name"]: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
        for one in order["inputs"]
    }
    resources = script_mode.resource_configuration("local", nodes.number, nodes.count, nodes.interface)
    write_json("/opt/ml/input/config/hyperparameters.json", given)
    write_json("/opt/ml/input/config/inputdataconfig.json", channels)
    write_json("/opt/ml/input/config/resourceconfig.json", resources)
    values = {name: decode(value) for name, value in given.items()}
    variables = script_mode.variables(
        job=order["job"],
        hyperparameters=values,
        channels=channels,
        resources=resources,
        submit_directory=str(values.get(script_mode.SUBMIT_DIRECTORY, "")),
        path=lambda path: str(real(path)),
        gpus=mlops_iac_nodes.gpus(),
    )
    variables = {**variables, "TRAINING_JOB_NAME": order["job"], "PYTHONPATH": str(real(CODE))}
    install(real(CODE))
    return mlops_iac_nodes.command(values, [*variables], nodes), variables


def decode(value: str) -> Any:
    """JSON where it is JSON, else the text."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def install(code: Path) -> None:
    """What the code brings with it, without a network: run.sh does it for processing scripts."""
    if os.environ.get("MLOPS_IAC_REQUIREMENTS_INSTALLED") == "1" or not (code / "requirements.txt").is_file():
        return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    if subprocess.run([*pip, "-r", "requirements.txt"], cwd=code, check=False).returncode:
        raise StepFailed("The requirements of the code could not be installed.")


# The script ---------------------------------------------------------------------------------------------------------


def run(command: list[str], variables: Mapping[str, str], folder: Path, nodes: Any = None) -> None:
    """Run to the end, passing on its output and a request to stop. Raises StepFailed with its exit code, or with why
    another of its nodes failed."""
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    signal.signal(signal.SIGTERM, lambda number, frame: process.send_signal(number))
    if nodes:
        nodes.started(process)
    last: deque[str] = deque(maxlen=60)
    assert process.stdout is not None
    for line in process.stdout:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        last.append(line.decode("utf-8", "replace").rstrip())
    code = process.wait()
    code, reason = nodes.verdict(code) if nodes else (code, "")
    if code:
        code = code if code > 0 else 128 - code
        raise StepFailed(f"{reason or own_reason() or last_error(last)}, exit code: {code}", code)


def own_reason() -> str:
    """What the script itself wrote into /opt/ml/output/failure."""
    file = real("/opt/ml/output/failure")
    return file.read_text("utf-8", "replace").strip()[:900] if file.is_file() else ""


def last_error(lines: Sequence[str]) -> str:
    """The last line that is not indented: of a traceback it is what was raised."""
    said = [line for line in lines if line.strip()]
    return next((line for line in reversed(said) if not line[0].isspace()), said[-1] if said else "it said nothing")


def work(order: Mapping[str, Any]) -> None:
    """Fetch, run, upload."""
    import boto3

    s3 = boto3.client("s3")
    if order["kind"] == "processing":
        prepare(s3, order)
        process(s3, order)
        return
    import mlops_iac_nodes

    with mlops_iac_nodes.meeting() as nodes:
        prepare(s3, order)
        train(s3, order, nodes)


def prepare(s3: Any, order: Mapping[str, Any]) -> None:
    for one in order["inputs"]:
        fetch(s3, one["uri"], real(one["path"]))
    real("/opt/ml/output").mkdir(parents=True, exist_ok=True)


def process(s3: Any, order: Mapping[str, Any]) -> None:
    command, variables = processing_command(order)
    done = False
    try:
        run(command, variables, real("/opt/ml"))
        done = True
    finally:
        for one in order["outputs"]:
            if done or one.get("always"):
                store(s3, real(one["path"]), one["uri"])


def train(s3: Any, order: Mapping[str, Any], nodes: Any) -> None:
    """The first node stores the model; each what else it left."""
    command, variables = training_command(order, nodes)
    first = nodes.number == 0
    try:
        run(command, variables, real(CODE), nodes)
        if first:
            store_archive(s3, real("/opt/ml/model"), order["model"])
        elif any(real("/opt/ml/model").iterdir()):
            print(f"mlops-iac: {nodes.name} left files in SM_MODEL_DIR; the model of the first one is kept", flush=True)
    finally:
        made = real("/opt/ml/output/data")
        if any(made.iterdir()):
            archive = "output.tar.gz" if first else f"output-{nodes.name}.tar.gz"
            store_archive(s3, made, order["model"].rsplit("/", 1)[0] + f"/{archive}")


def main() -> None:
    try:
        work(json.loads(os.environ.pop(ORDER)))
    except StepFailed as failure:
        tell(str(failure), failure.code)
    except Exception as error:  # what S3 refuses, mostly: one line says it, and no frame of ours helps
        tell(f"{type(error).__name__}: {error}", 1)


def tell(reason: str, code: int) -> None:
    """Say why, where SageMaker would look and as the last line, and end."""
    real("/opt/ml/output").mkdir(parents=True, exist_ok=True)
    real("/opt/ml/output/failure").write_text(reason, encoding="utf-8")
    print(f"mlops-iac: {reason}", flush=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
