"""A tuning from its base model to its endpoint, with scripts that stand in for a transformer's: what is read from
another bucket, what an interruption costs, what the gate holds against the champion. The transformer itself is tuned in
``test_llm_answers.py``, by night."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from mlops_iac.core import exit_codes
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

STACK = "tiny-dev"
BUCKET = "acme-models"
OPTIONS = """
framework: {name: sklearn, version: 1.4-2}
base_model: s3://acme-models/tiny/
tuning: {method: lora}
instances: {train: {instance_type: ml.m5.large, max_minutes: 2}}
"""
TRAIN = """
    import argparse, json, os, pathlib, time
    parser = argparse.ArgumentParser()
    parser.add_argument("--method")
    base = json.loads(pathlib.Path(os.environ["SM_CHANNEL_BASE"], "weights.json").read_text())
    checkpoint = pathlib.Path("/opt/ml/checkpoints/step.txt")
    first = int(checkpoint.read_text()) if checkpoint.exists() else 0
    method = parser.parse_args().method
    print(f"train: {method} begins at step {first} of a base of {base}, loss {2 - first}", flush=True)
    if first == 0:
        checkpoint.write_text("1")
        time.sleep(100 if os.path.exists("/opt/ml/input/data/train/slow") else 0)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "adapter.json").write_text("1.26")
"""
MERGE = """
    import json, pathlib, tarfile
    inputs, output = pathlib.Path("/opt/ml/processing/input"), pathlib.Path("/opt/ml/processing/output/merged")
    with tarfile.open(inputs / "model/model.tar.gz") as archive:
        adapter = json.load(archive.extractfile("adapter.json"))
    output.mkdir(parents=True, exist_ok=True)
    (output / "weights.json").write_text(json.dumps(json.loads((inputs / "base/weights.json").read_text()) + adapter))
"""
QUANTISE = """
    import argparse, json, os, pathlib
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision")
    merged = json.loads(pathlib.Path(os.environ["SM_CHANNEL_MERGED"], "weights.json").read_text())
    print(f"quantise: {merged:g} as {parser.parse_args().precision}")
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps({"mean": round(merged, 1)}))
"""
EVALUATE = """
    import json, pathlib, tarfile
    with tarfile.open("/opt/ml/processing/input/model/model.tar.gz") as archive:
        mean = json.load(archive.extractfile("model.json"))["mean"]
    folder = pathlib.Path("/opt/ml/processing/output/evaluation")
    folder.mkdir(parents=True, exist_ok=True)
    metrics = {"perplexity": abs(mean - 11.3) + 5, "exact_match": EXACT}
    (folder / "evaluation.json").write_text(json.dumps({"metrics": metrics}))
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp("tiny") / "project"
    scripts = {"train.py": TRAIN, "merge.py": MERGE, "quantise.py": QUANTISE, "evaluate.py": scored(0.9)}
    with tiny_environment(
        folder, str(request.param), blueprint="llm-finetuning", options=OPTIONS, scripts=scripts
    ) as made:
        yield made


def scored(exact: float) -> str:
    return EVALUATE.replace("EXACT", str(exact))


def test_a_base_model_that_is_not_there_fails_the_training_by_its_name(tiny: TinyEnvironment) -> None:
    s3 = tiny.cloud.clients("eu-west-1")("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="another/weights.json", Body=b"5")
    told = tiny.run("run", STACK, "training", "--follow", code=exit_codes.ERROR)
    assert 'No S3 objects found under S3 URL "s3://acme-models/tiny/"' in told


def test_a_tuning_goes_on_where_it_was_interrupted_and_the_quantised_model_answers(tiny: TinyEnvironment) -> None:
    tiny.cloud.clients("eu-west-1")("s3").put_object(Bucket=BUCKET, Key="tiny/weights.json", Body=b"10")
    (tiny.folder / "data/slow").touch()
    tiny.write("prepare.py", PREPARE)
    tiny.run("data", "put", STACK, "data", "raw/")
    process = tiny.start("run", STACK, "training", "--follow")
    wait_for(tiny, "begins at step 0")
    jobs = tiny.cloud.clients("eu-west-1")("sagemaker").list_training_jobs(StatusEquals="InProgress")
    tiny.run("cloud", "interrupt", jobs["TrainingJobSummaries"][0]["TrainingJobName"])
    told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    log = tiny.run("logs", STACK, "last", "train")
    assert "lora begins at step 0 of a base of 10, loss 2" in log
    assert "lora begins at step 1 of a base of 10, loss 1" in log
    assert "quantise: 11.26 as int8" in tiny.run("logs", STACK, "last", "quantise")
    run = json.loads(tiny.run("runs", STACK, "last", "--json"))
    assert {name: round(value, 6) for name, value in run["metrics"].items()} == {"perplexity": 5, "exact_match": 0.9}
    assert "-4.3" in tiny.run("predict", STACK, "--data", "rows.json")


PREPARE = """
    import pathlib, shutil
    for part in ("train", "test"):
        shutil.copytree("/opt/ml/processing/input/data", f"/opt/ml/processing/output/{part}", dirs_exist_ok=True)
"""


def test_a_model_that_is_worse_than_the_champion_is_refused_though_it_keeps_its_bounds(tiny: TinyEnvironment) -> None:
    (tiny.folder / "data/slow").unlink()
    tiny.run("data", "put", STACK, "data", "raw/fast/")
    tiny.write("evaluate.py", scored(0.8))
    told = tiny.run("run", STACK, "training", "--set", "data=raw/fast/", "--follow", code=exit_codes.ERROR)
    assert "exact_match is 0.8, the gate wants >= 0.9" in told


def wait_for(tiny: TinyEnvironment, text: str) -> None:
    limit = time.monotonic() + 90
    while time.monotonic() < limit:
        done = tiny.start("logs", STACK, "last", "train")
        told, _ = done.communicate(timeout=60)
        if text in told:
            return
        time.sleep(0.5)
    pytest.fail(f"`{text}` was never logged")
