"""What a person can ask of runs and models, on every target: as a user does, with the CLI and the embedded cloud."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

NEEDS_A_FLAG = """
    import json, pathlib
    assert pathlib.Path("/opt/ml/processing/input/test/flag").exists(), "there is no flag"
    folder = pathlib.Path("/opt/ml/processing/output/evaluation")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps({"metrics": {"auc": 0.93}}))
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp("tiny")
    with tiny_environment(folder / "project", request.param) as made:
        yield made


def asked(tiny: TinyEnvironment, *words: str) -> dict:
    found: dict = json.loads(tiny.run(*words, "--json"))
    return found


def commit(folder: Path) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "examples"), (*who, "commit", "-qm", "first")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_story_of_two_runs_and_a_rollback(tiny: TinyEnvironment) -> None:
    tiny.refused("rollback", "tiny-dev", "--yes", code=1, says=("has no model that it could go back from",))
    tiny.refused("lineage", "tiny-dev", code=1, says=("serves a model",))
    head = commit(tiny.folder)
    tiny.run("run", "tiny-dev", "--follow")
    first = tiny.last_run()
    shown = asked(tiny, "runs", "show", "tiny-dev", first)
    assert shown["record"]["git"] == {
        "commit": head,
        "branch": shown["record"]["git"]["branch"],
        "dirty": False,
        "changed": [],
    }
    assert shown["record"]["data"]["data"]["objects"] == 1
    assert shown["serves"] == ["tiny-dev-endpoint"]

    tiny.write("evaluate.py", NEEDS_A_FLAG)
    tiny.run("run", "tiny-dev", "--follow", code=1)
    broken = tiny.last_run()
    tiny.refused("runs", "retry", "tiny-dev", first, code=1, says=("There is nothing to retry",))
    (tiny.folder / "flag").write_text("")
    tiny.run("data", "put", "tiny-dev", "flag", f"features/{broken}/test/flag")
    retried = asked(tiny, "runs", "retry", "tiny-dev", broken, "--follow")
    assert (retried["status"], retried["metrics"]) == ("succeeded", {"auc": 0.93})
    second = retried["id"]
    is_new = second != broken
    shown = asked(tiny, "runs", "show", "tiny-dev", second)
    assert shown["record"]["git"]["changed"] == ["evaluate.py"]
    assert shown["record"]["retries"] == (broken if is_new else None)
    kept = {step["name"]: step["status"] for step in shown["steps"][:4]}
    early = "reused" if is_new else "succeeded"
    assert kept == {"validate": early, "prepare": early, "train": early, "evaluate": "succeeded"}
    assert "the data is good" in tiny.run("logs", "tiny-dev", second, "validate")

    compared = asked(tiny, "runs", "compare", "tiny-dev", first, second)
    differ = {(line["part"], line["name"]) for line in compared["lines"] if line["differs"]}
    assert {("code", "evaluate.py"), ("metrics", "auc"), ("run", "model")} <= differ
    assert not [name for part, name in differ if part in ("data", "packages")]

    assert [(one["version"], one["serves"]) for one in asked(tiny, "models", "tiny-dev")["models"]] == [
        (2, ["tiny-dev-endpoint"]),
        (1, []),
    ]
    tiny.run("rollback", "tiny-dev", "--yes")
    assert [one["id"] for one in asked(tiny, "runs", "tiny-dev")["runs"] if one["serves"]] == [first]
    assert asked(tiny, "predict", "tiny-dev", "--data", "rows.json") == {"predictions": [5.0]}
    lineage = asked(tiny, "lineage", "tiny-dev")
    assert [node["kind"] for node in lineage["nodes"]] == ["data", "code", "run", "model", "endpoint"]
    assert lineage["nodes"][2]["name"] == first


def test_a_model_that_does_not_load_is_not_rolled_back_to(tiny: TinyEnvironment) -> None:
    """Its artifact was damaged since: the version that served goes on, and nothing is left of the attempt."""
    served = asked(tiny, "models", "show", "tiny-dev", "serving")
    other = next(one for one in asked(tiny, "models", "tiny-dev")["models"] if not one["serves"])
    key = other["data"].split("/", 3)[3]
    (tiny.folder / "model.tar.gz").write_bytes(b"this is no archive")
    tiny.run("data", "put", "tiny-dev", "model.tar.gz", key)
    told = tiny.refused("rollback", "tiny-dev", "--to", str(other["version"]), "--yes", code=1, says=("did not start",))
    assert f"keeps serving version {served['version']}" in told
    assert asked(tiny, "predict", "tiny-dev", "--data", "rows.json") == {"predictions": [5.0]}
    sagemaker = tiny.cloud.clients("eu-west-1")("sagemaker")
    found = [one["ModelName"] for one in sagemaker.list_models()["Models"] if "rollback" in one["ModelName"]]
    assert len(found) == 1, "that of the rollback which went well"


def test_a_run_that_still_goes_is_stopped_and_not_retried(tiny: TinyEnvironment) -> None:
    tiny.write("validate.py", "import time\ntime.sleep(60)\n")
    run = asked(tiny, "run", "tiny-dev")["id"]
    tiny.refused("runs", "retry", "tiny-dev", run, code=1, says=("is not over yet",))
    assert asked(tiny, "runs", "stop", "tiny-dev", run)["status"] == "stopped"
    tiny.refused("runs", "watch", "tiny-dev", run, code=1, says=("was stopped",))
    assert asked(tiny, "runs", "stop", "tiny-dev", run)["status"] == "stopped"
