"""The answers team's scripts, run as plain scripts: what a data set must be, and checkpoints that tell whether they are
whole. What takes PyTorch is run by night, in an environment with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import get_framework

ANSWERS = Path(__file__).parents[2] / "examples" / "answers"
SMALL = ["--steps", "30", "--checkpoint_every", "10", "--batch", "8", "--width", "16", "--layers", "1", "--heads", "2"]
RUN = """
import os, pathlib, sys
home = pathlib.Path(sys.argv.pop(1))
module = __import__(sys.argv[0].removesuffix(".py"))
for name, place in (("PROCESSING", "processing"), ("CHECKPOINTS", "checkpoints")):
    if hasattr(module, name):
        setattr(module, name, home / place)
sys.exit(module.main())
"""
Write = Callable[..., Path]


class Team:
    """Runs a script with /opt/ml in a folder of its own."""

    def __init__(self, home: Path, python: str = sys.executable) -> None:
        self.home, self.python = home, python

    def start(self, script: str, *arguments: str, **variables: object) -> subprocess.Popen[str]:
        code = f"import sys; sys.argv[0] = {script!r}\n{RUN}"
        return subprocess.Popen(
            [self.python, "-c", code, str(self.home), *arguments],
            cwd=ANSWERS,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                **{k: str(v) for k, v in variables.items()},
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, script: str, *arguments: str, code: int = 0, **variables: object) -> str:
        process = self.start(script, *arguments, **variables)
        told, _ = process.communicate()
        assert process.returncode == code, told
        return told

    def put(self, records: dict[str, list[object]]) -> None:
        for name, lines in records.items():
            file = self.home / "processing/input/data" / f"{name}.jsonl"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines))


def records(part: str, count: int) -> list[object]:
    return [{"prompt": f"{part} {number} is a", "completion": "word"} for number in range(count)]


def good() -> dict[str, list[object]]:
    return {"train": records("train", 120), "test": records("test", 12), "suite": records("suite", 12)}


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


# What a data set must be ---------------------------------------------------------------------------------------------


def test_a_good_data_set_is_handed_on_as_it_is(team: Team) -> None:
    team.put(good())
    assert "train.jsonl has 120 records" in team.run("validate.py")
    for name in ("train", "test", "suite"):
        there, handed = (team.home / f"processing/{way}/data/{name}.jsonl" for way in ("input", "output"))
        assert there.read_bytes() == handed.read_bytes()


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("train", "{not json", 'train.jsonl:121 is no JSON object with "prompt" and "completion"'),
        ("train", ["a", "list"], 'train.jsonl:121 is no JSON object with "prompt" and "completion"'),
        ("train", {"prompt": "x"}, 'train.jsonl:121 is no JSON object with "prompt" and "completion"'),
        ("train", {"prompt": "x", "completion": " "}, "train.jsonl:121 has a prompt or a completion that is empty"),
        ("train", {"prompt": "x", "completion": 3}, "train.jsonl:121 has a prompt or a completion that is empty"),
        ("train", {"prompt": "a\u0001b", "completion": "c"}, "train.jsonl:121 holds bytes that are no text"),
        ("train", {"prompt": "TRAIN  5 is a", "completion": "Word"}, "train.jsonl:121 is line 6 again"),
        ("test", {"prompt": "train 7 is a", "completion": "word"}, "test.jsonl:13 is trained on: train.jsonl:8 is the"),
        ("suite", {"prompt": "train 7 is a", "completion": "word"}, "suite.jsonl:13 is trained on: train.jsonl:8"),
        (
            "train",
            {"prompt": "x" * 120, "completion": "y" * 7},
            "train.jsonl:121 is 129 bytes long; the model reads 128",
        ),
        ("train", {"prompt": "key", "completion": "AKIA" + "B2" * 8}, "train.jsonl:121 holds an AWS access key"),
        ("test", {"prompt": "-----BEGIN RSA PRIVATE KEY-----", "completion": "x"}, "test.jsonl:13 holds a private key"),
    ],
)
def test_what_is_wrong_with_a_record_is_told_by_its_line(team: Team, name: str, line: object, says: str) -> None:
    data = good()
    data[name].append(line)
    team.put(data)
    assert says in team.run("validate.py", code=1)
    assert not (team.home / "processing/output").exists()


def test_a_data_set_that_is_empty_or_lacks_a_file_is_refused(team: Team) -> None:
    team.put({**good(), "train": []})
    assert "train.jsonl has 0 records; 100 are the least that tell anything" in team.run("validate.py", code=1)
    (team.home / "processing/input/data/suite.jsonl").unlink()
    assert "suite.jsonl is missing; there are: test.jsonl, train.jsonl" in team.run("validate.py", code=1)


def test_a_data_set_that_is_huge_is_refused_before_it_is_read(team: Team) -> None:
    team.put(good())
    with (team.home / "processing/input/data/train.jsonl").open("r+") as file:
        file.truncate(2**30 + 1)
    assert "train.jsonl has 1,073,741,825 bytes, more than 1,073,741,824" in team.run("validate.py", code=1)


def test_the_teams_own_data_is_good(team: Team) -> None:
    (team.home / "answers").mkdir()
    for name in ("make_data.py", "records.py"):
        (team.home / "answers" / name).write_bytes((ANSWERS / name).read_bytes())
    subprocess.run([sys.executable, "make_data.py"], cwd=team.home / "answers", check=True, capture_output=True)
    (team.home / "processing/input").mkdir(parents=True)
    (team.home / "answers/data").rename(team.home / "processing/input/data")
    told = team.run("validate.py")
    assert int(told.split("train.jsonl has ")[1].split()[0].replace(",", "")) > 4_000
    assert len(json.loads((team.home / "answers/sample.json").read_text())["instances"]) == 3


# Checkpoints ---------------------------------------------------------------------------------------------------------


def checkpoints(folder: Path, *lines: str) -> str:
    program = "import sys; sys.path.insert(0, '.'); import checkpoints, pathlib\nfolder = pathlib.Path(sys.argv[1])\n"
    done = subprocess.run(
        [sys.executable, "-c", program + "\n".join(lines), folder],
        cwd=ANSWERS,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_newest_checkpoint_is_read_and_two_are_kept(tmp_path: Path) -> None:
    told = checkpoints(
        tmp_path, "for step in (10, 20, 30): checkpoints.write(folder, step, b'at %d' % step)",
        "print(checkpoints.newest(folder))",
    )  # fmt: skip
    assert told == "b'at 30'\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000020.pt", "step-00000030.pt"]


@pytest.mark.parametrize("left", [0, 10, 34])
def test_a_cut_checkpoint_is_told_and_the_one_before_it_is_read(tmp_path: Path, left: int) -> None:
    checkpoints(tmp_path, "for step in (10, 20): checkpoints.write(folder, step, b'at %d' % step)")
    newest = tmp_path / "step-00000020.pt"
    newest.write_bytes(newest.read_bytes()[:left])
    assert checkpoints(tmp_path, "print(checkpoints.newest(folder))").splitlines() == [
        f"checkpoint step-00000020.pt is cut ({left} bytes); looking for the one before it",
        "b'at 10'",
    ]


def test_without_a_whole_checkpoint_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "step-00000010.pt").write_bytes(b"x")
    (tmp_path / ".step-00000020").write_bytes(b"half of it")
    assert checkpoints(tmp_path, "print(checkpoints.newest(folder))").splitlines()[-1] == "None"


# With PyTorch --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch() -> str:
    return str(framework_environment(get_framework("pytorch", "2.6.0")).python)


@pytest.fixture
def trainer(tmp_path: Path, torch: str) -> Team:
    made = Team(tmp_path, torch)
    made.put(good())
    made.run("prepare.py")
    return made


def train(team: Team, model: str, *arguments: str, **variables: object) -> str:
    places = {"SM_CHANNEL_TRAIN": team.home / "processing/output/train", "SM_MODEL_DIR": team.home / model}
    return team.run("train.py", *SMALL, *arguments, **places, **variables)


def weights(team: Team, model: str) -> str:
    """A digest of every number of a model."""
    program = (
        "import hashlib, sys, torch\n"
        "found = torch.load(sys.argv[1], weights_only=True)\n"
        "print(hashlib.sha256(b''.join(found[name].numpy().tobytes() for name in sorted(found))).hexdigest())"
    )
    place = str(team.home / model / "weights.pt")
    return subprocess.run([team.python, "-c", program, place], capture_output=True, text=True, check=True).stdout


def losses(told: str) -> list[float]:
    return [float(line.rsplit(" ", 1)[1]) for line in told.splitlines() if " loss " in line]


@pytest.mark.nightly
def test_the_loss_falls_and_the_same_seed_learns_the_same(trainer: Team) -> None:
    told = train(trainer, "one", "--steps", "60")
    assert losses(told)[-1] < 0.5 * losses(told)[0]
    (trainer.home / "checkpoints").rename(trainer.home / "old")
    assert train(trainer, "two", "--steps", "60") == told
    assert weights(trainer, "one") == weights(trainer, "two")


@pytest.mark.nightly
def test_a_training_that_is_interrupted_ends_with_the_weights_of_one_that_is_not(trainer: Team) -> None:
    train(trainer, "whole")
    for file in (trainer.home / "checkpoints").iterdir():
        file.unlink()
    places = {"SM_CHANNEL_TRAIN": trainer.home / "processing/output/train", "SM_MODEL_DIR": trainer.home / "cut"}
    process = trainer.start("train.py", *SMALL, **places)
    assert process.stdout
    for line in process.stdout:
        if "step 20" in line:
            break
    process.kill()
    process.communicate()
    told = train(trainer, "cut")
    assert "train: going on at step " in told
    assert weights(trainer, "cut") == weights(trainer, "whole")


@pytest.mark.nightly
def test_a_training_goes_on_from_the_checkpoint_before_one_that_is_cut(trainer: Team) -> None:
    train(trainer, "whole")
    newest = trainer.home / "checkpoints/step-00000030.pt"
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    told = train(trainer, "again")
    assert "checkpoint step-00000030.pt is cut" in told
    assert "train: going on at step 20" in told
    assert weights(trainer, "again") == weights(trainer, "whole")


@pytest.mark.nightly
def test_a_checkpoint_of_another_training_is_left_alone(trainer: Team) -> None:
    train(trainer, "one")
    assert "the checkpoint is of another training; beginning anew" in train(trainer, "two", "--seed", "1")


@pytest.mark.nightly
def test_an_adapter_learns_beside_a_base_model_and_is_merged_into_it(trainer: Team) -> None:
    train(trainer, "base", "--steps", "60")
    told = train(trainer, "adapter", "--method", "lora", "--rank", "2", SM_CHANNEL_BASE=trainer.home / "base")
    assert losses(told)[-1] < losses(told)[0]
    archive(trainer, "adapter")
    (trainer.home / "processing/input/base").symlink_to(trainer.home / "base")
    assert "merge: 4 layers of 13 tensors changed by an adapter of rank 2" in trainer.run("merge.py")
    merged = trainer.home / "processing/output/merged"
    told = trainer.run("quantise.py", SM_CHANNEL_MERGED=merged, SM_MODEL_DIR=made(trainer, "served"))
    assert told.endswith("as int8\n")
    assert (trainer.home / "served/model.pt").stat().st_size < (merged / "weights.pt").stat().st_size
    archive(trainer, "served")
    (trainer.home / "processing/input/test").symlink_to(trainer.home / "processing/output/test")
    trainer.run("evaluate.py")
    metrics = json.loads((trainer.home / "processing/output/evaluation/evaluation.json").read_text())["metrics"]
    assert 1 < metrics["perplexity"] < 20
    assert 0 <= metrics["exact_match"] <= 1


@pytest.mark.nightly
def test_lora_without_a_base_model_says_what_is_missing(trainer: Team) -> None:
    places = {"SM_CHANNEL_TRAIN": trainer.home / "processing/output/train", "SM_MODEL_DIR": trainer.home / "none"}
    told = trainer.run("train.py", "--method", "lora", code=1, **places)
    assert "LoRA learns a difference to a base model, and there is none" in told


def made(team: Team, folder: str) -> Path:
    (team.home / folder).mkdir()
    return team.home / folder


def archive(team: Team, model: str) -> None:
    """As SageMaker hands it to the next step."""
    target = team.home / "processing/input/model"
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-czf", target / "model.tar.gz", "-C", team.home / model, "."], check=True)
