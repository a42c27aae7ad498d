"""How environments end: to the last thing, with their data kept, and by their own date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.core.environment import STACK_TAG
from tests.support.leftovers import find_leftovers
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STACK_FILE = "stacks/Pulumi.tiny-dev.yaml"


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyEnvironment]:
    with tiny_environment(tmp_path / "project", "step-functions") as made:
        yield made


def say(tiny: TinyEnvironment, line: str) -> None:
    file = tiny.folder / STACK_FILE
    file.write_text(file.read_text().replace("  mlops-iac:code:", f"  {line}\n  mlops-iac:code:"))


def test_what_is_left_is_told_and_a_neighbour_s_is_not(tiny: TinyEnvironment):
    clients = EmbeddedBackend(tiny.folder, "tiny-dev").clients()
    clients("sqs").create_queue(QueueName="tiny-dev-byhand")
    clients("sqs").create_queue(QueueName="tiny-development-jobs")
    clients("logs").create_log_group(logGroupName="elsewhere", tags={STACK_TAG: "tiny-dev"})
    told = json.loads(run_with_code(tiny, 1, "destroy", "tiny-dev", "--yes", "--json"))
    assert told["result"] == "succeeded"
    assert [(one["service"], one["name"].rpartition("/")[2].rpartition(":")[2]) for one in told["left"]] == [
        ("logs", "elsewhere"), ("sqs", "tiny-dev-byhand"),
    ]  # fmt: skip
    assert told["notLooked"] == []


def test_nothing_is_left_after_a_run(tiny: TinyEnvironment):
    tiny.run("run", "tiny-dev", "--follow")
    spent = json.loads(tiny.run("cost", "tiny-dev", "--actual", "--json"))
    assert spent["total"] > 0
    assert [line["what"].split(":")[0] for line in spent["lines"]] == [
        "3 processing jobs", "1 training job", "tiny-dev-endpoint",
    ]  # fmt: skip
    steps = json.loads(tiny.run("cost", "tiny-dev", "--advice", "--json"))["steps"]
    assert {(one["jobs"], one["verdict"]) for one in steps} == {(1, "unknown")}  # too few, and measured
    assert all(one["use"]["cores"] > 0 and one["use"]["memory_gib"] > 0 for one in steps)
    told = json.loads(tiny.run("destroy", "tiny-dev", "--yes", "--json"))
    assert told["left"] == told["notLooked"] == []


def test_kept_data_is_there_when_the_environment_is_again(tiny: TinyEnvironment):
    tiny.run("run", "tiny-dev", "--follow")
    clients = EmbeddedBackend(tiny.folder, "tiny-dev").clients()
    told = json.loads(tiny.run("destroy", "tiny-dev", "--keep-data", "--yes", "--json"))
    assert set(told["kept"]) == {"lake-bucket", "registry-group", "images-repository", "encryption-key"}
    kinds = {one.split(".")[0] for one in find_leftovers(clients, "tiny-dev")}
    assert kinds == {"s3", "sagemaker", "ecr", "kms", "glue", "athena"}
    tiny.refused("destroy", "tiny-dev", "--keep-data", "--yes", code=2, says=("nothing but its data",))
    tiny.run("up", "tiny-dev", "--yes")
    assert json.loads(tiny.run("models", "tiny-dev", "--json"))["models"][0]["version"] == 1
    assert json.loads(tiny.run("data", "ls", "tiny-dev", "raw/", "--json"))["objects"]
    tiny.run("run", "tiny-dev", "--follow")
    assert json.loads(tiny.run("destroy", "tiny-dev", "--yes", "--json"))["left"] == []


def test_only_what_is_expired_is_swept(tiny: TinyEnvironment):
    assert json.loads(tiny.run("destroy", "--expired", "--yes", "--json")) == {"stacks": {}}
    say(tiny, "mlops-iac:expires: 2020-01-01")
    tiny.refused("destroy", "--expired", code=2, says=("tiny-dev",))
    told = json.loads(tiny.run("destroy", "--expired", "--yes", "--json"))["stacks"]
    assert told["tiny-dev"]["left"] == []
    history = json.loads(tiny.run("history", "tiny-dev", "--json"))["history"]
    assert "expired" in history[0]["message"]
    assert json.loads(tiny.run("destroy", "--expired", "--yes", "--json")) == {"stacks": {}}


def test_what_is_protected_is_never_swept(tiny: TinyEnvironment):
    say(tiny, "mlops-iac:expires: 2020-01-01\n  mlops-iac:protect: true")
    assert json.loads(tiny.run("destroy", "--expired", "--yes", "--json")) == {"stacks": {}}
    assert json.loads(tiny.run("status", "tiny-dev", "--json"))["stacks"][0]["deployed"]


@pytest.mark.parametrize(
    "arguments",
    [(), ("tiny-dev", "--expired"), ("--expired", "--target", "a"), ("tiny-dev", "--keep-data", "--exclude", "a")],
)
def test_what_is_to_end_is_said_and_only_once(arguments: tuple[str, ...], tmp_path: Path):
    from tests.conftest import make_project

    project = TinyEnvironment(make_project(tmp_path / "project"))
    project.refused("destroy", *arguments, "--yes", code=2)


def run_with_code(tiny: TinyEnvironment, code: int, *arguments: str) -> str:
    """What a command wrote to stdout that ends with this code."""
    import subprocess

    from tests.e2e.bad_input.project import CLI, environment

    done = subprocess.run(
        [*CLI, *arguments], cwd=tiny.folder, env=environment(None), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout
