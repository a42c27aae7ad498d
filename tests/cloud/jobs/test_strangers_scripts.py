"""Scripts laid out as AWS's own samples are: other folders than ours, and a working directory that is written to."""

from __future__ import annotations

import io
import json
import tarfile

# Written for this test in the layout of AWS's samples; no line of it is theirs.
EVALUATE = """
import json, os, pathlib, tarfile

with tarfile.open("/opt/ml/processing/model/model.tar.gz") as archive:
    archive.extractall(path=".")                      # the container's working directory
weights = json.loads(pathlib.Path("weights.json").read_text())

rows = [line.split(",") for line in pathlib.Path("/opt/ml/processing/test/test.csv").read_text().split()]
errors = [(float(label) - weights["slope"] * float(x)) ** 2 for label, x in rows]

folder = "/opt/ml/processing/evaluation"
pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
report = {"regression_metrics": {"mse": {"value": sum(errors) / len(errors)}}, "seed": os.environ["SEED"]}
pathlib.Path(f"{folder}/evaluation.json").write_text(json.dumps(report))
"""
PREPARE = """
import argparse, pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--train-share", type=float)
share = parser.parse_args().train_share

base = pathlib.Path("/opt/ml/processing")
rows = (base / "input" / "raw.csv").read_text().split()
cut = int(len(rows) * share)
for name, part in (("train", rows[:cut]), ("validation", rows[cut:-1]), ("test", rows[-1:])):
    (base / name).mkdir(exist_ok=True)
    (base / name / f"{name}.csv").write_text("\\n".join(part))
"""


def put(cloud, name, uri, path):
    return cloud.processing_input(name, uri, LocalPath=path)


def leave(cloud, name, uri, path):
    output = cloud.processing_output(name, uri)
    return {**output, "S3Output": {**output["S3Output"], "LocalPath": path}}


def test_an_evaluation_that_unpacks_the_model_where_it_stands(cloud):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        data = json.dumps({"slope": 2.0}).encode()
        member = tarfile.TarInfo("weights.json")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    cloud.put("models/model.tar.gz", buffer.getvalue())
    cloud.put("test/test.csv", "2,1\n5,2\n")
    cloud.put("code/script.py", EVALUATE)
    job = cloud.process(
        EVALUATE,
        ProcessingInputs=[
            put(cloud, "code", "s3://lake/code/script.py", "/opt/ml/processing/input/code"),
            put(cloud, "model", "s3://lake/models/model.tar.gz", "/opt/ml/processing/model"),
            put(cloud, "test", "s3://lake/test/", "/opt/ml/processing/test"),
        ],
        ProcessingOutputConfig={
            "Outputs": [leave(cloud, "evaluation", "s3://lake/evaluation/", "/opt/ml/processing/evaluation")]
        },
        Environment={"SEED": "7"},
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert json.loads(cloud.get("evaluation/evaluation.json")) == {
        "regression_metrics": {"mse": {"value": 0.5}},
        "seed": "7",
    }


def test_a_preparation_whose_data_lies_above_its_code(cloud):
    cloud.put("data/raw/raw.csv", "1,1\n2,2\n3,3\n4,4\n")
    names = ("train", "validation", "test")
    job = cloud.process(
        PREPARE,
        AppSpecification={
            "ImageUri": cloud.image,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
            "ContainerArguments": ["--train-share", "0.5"],
        },
        ProcessingInputs=[
            put(cloud, "code", "s3://lake/code/script.py", "/opt/ml/processing/input/code"),
            put(cloud, "raw", "s3://lake/data/raw/", "/opt/ml/processing/input"),
        ],
        ProcessingOutputConfig={
            "Outputs": [leave(cloud, name, f"s3://lake/made/{name}/", f"/opt/ml/processing/{name}") for name in names]
        },
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert [cloud.get(f"made/{name}/{name}.csv") for name in names] == [b"1,1\n2,2", b"3,3", b"4,4"]


def test_the_container_starts_with_nothing_of_the_persons_shell(cloud, monkeypatch):
    """A law: whatever a variable is called, it comes from the job, the platform or the image, not from this process."""
    foreign = {"SECRET_TOKEN": "x1", "GITHUB_TOKEN": "x2", "PYTHONPATH": "/x3", "PIP_TARGET": "/x4", "LD_PRELOAD": ""}
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    script = """
import json, os, pathlib
pathlib.Path("/opt/ml/processing/output/result/seen.json").write_text(json.dumps(dict(os.environ)))
"""
    job = cloud.process(script, Environment={"OWN": "1"})
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    seen = json.loads(cloud.get("result/seen.json"))
    assert not set(foreign) & set(seen)
    known = (
        "AWS_",
        "MLOPS_IAC_",
        "PYTHON",
        "LC_",
        "LANG",
        "PROCESSING_",
        "CUDA_VISIBLE_DEVICES",  # none: its machine has no GPU
        "SAGEMAKER_MLFLOW_",  # whom AWS's plug-in for MLflow asks
        "OWN",
        "PATH",
        "HOME",
        "TZ",
        "NO_PROXY",
        "PWD",
    )
    assert [name for name in seen if not name.startswith(known)] == []
