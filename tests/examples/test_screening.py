"""The example team's scripts, run as plain scripts in an environment with scikit-learn: no cloud, no launcher."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs.environments import code_environment
from mlops_iac.core.frameworks import get_framework
from mlops_iac.runs.pack import pack
from mlops_iac.runs.platforms import this_platform

SKLEARN = get_framework("sklearn", "1.4-2")
SCREENING = Path(__file__).parents[2] / "examples" / "screening"
TABLE = SCREENING / "data" / "breast_cancer.csv"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as it arrives in a job."""
    folder = tmp_path_factory.mktemp("packed")
    with (folder / "sourcedir.tar.gz").open("wb") as file:
        pack(SCREENING, SKLEARN, this_platform(SKLEARN)).write_archive(file)
    with tarfile.open(folder / "sourcedir.tar.gz") as archive:
        archive.extractall(folder / "code", filter="data")
    return folder / "code"


@pytest.fixture(scope="module")
def python(packed: Path) -> str:
    return str(code_environment(SKLEARN, packed).python)


class Team:
    """Runs scripts and keeps what they make."""

    def __init__(self, python: str, code: Path, home: Path) -> None:
        self.python, self.code, self.home = python, code, home

    def run(self, script: str, *arguments: object, **variables: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, str(self.code / script), *map(str, arguments)],
            env={"PATH": os.environ["PATH"], **{name: str(value) for name, value in variables.items()}},
            capture_output=True,
            text=True,
            check=False,
        )

    def validate(self, data: Path) -> subprocess.CompletedProcess[str]:
        return self.run("validate.py", "--input", data, "--output", self.home / "curated")

    def prepare(self) -> subprocess.CompletedProcess[str]:
        home = self.home
        return self.run("prepare.py", "--input", home / "curated", "--train", home / "train", "--test", home / "test")

    def train(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """As a container starts it: hyperparameters as arguments, folders as SM_* variables."""
        model = self.home / "model"
        done = self.run("train.py", *arguments, SM_CHANNEL_TRAIN=self.home / "train", SM_MODEL_DIR=model)
        if done.returncode == 0:
            with tarfile.open(self.home / "model.tar.gz", "w:gz") as archive:
                archive.add(model, ".")
        return done

    def evaluate(self) -> dict[str, float]:
        home = self.home
        done = self.run("evaluate.py", "--model", home, "--test", home / "test", "--output", home / "evaluation")
        assert done.returncode == 0, done.stderr
        metrics: dict[str, float] = json.loads((home / "evaluation" / "evaluation.json").read_text())["metrics"]
        return metrics


@pytest.fixture
def team(python: str, packed: Path, tmp_path: Path) -> Team:
    return Team(python, packed, tmp_path)


def prepared(team: Team) -> Team:
    for done in (team.validate(SCREENING / "data"), team.prepare()):
        assert done.returncode == 0, done.stderr
    return team


def test_the_whole_pipeline_reaches_what_its_gate_asks(team: Team) -> None:
    prepared(team)
    assert team.train("--C", "1.0").returncode == 0
    metrics = team.evaluate()
    assert metrics["auc"] > 0.985
    assert metrics["recall"] > 0.95
    assert metrics["rows"] == 143


def test_the_weak_parameters_miss_the_gate_by_far(team: Team) -> None:
    import yaml

    weak = yaml.safe_load((SCREENING / "weak.yaml").read_text())["hyperparameters"]
    prepared(team)
    assert team.train(*(part for name, value in weak.items() for part in (f"--{name}", value))).returncode == 0
    assert team.evaluate()["auc"] < 0.88


def test_training_is_the_same_every_time(team: Team) -> None:
    prepared(team)
    results = []
    for _ in range(2):
        assert team.train().returncode == 0
        results.append(team.evaluate())
    assert results[0] == results[1]


def test_the_validation_report_is_written_for_people_too(team: Team) -> None:
    assert team.validate(SCREENING / "data").returncode == 0
    assert json.loads((team.home / "curated" / "validation.json").read_text())["rows"] == 569
    assert "| worst_area" in (team.home / "curated" / "validation.md").read_text()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda lines: [lines[0].replace("mean_area", "area"), *lines[1:]], "columns are missing: mean_area"),
        (lambda lines: [*lines, lines[5]], "1 rows are there twice"),
        (lambda lines: [lines[0], "-" + lines[1], *lines[2:]], "mean_radius: 1 values are outside"),
        (lambda lines: [lines[0], "n/k" + lines[1][5:], *lines[2:]], "mean_radius: 1 values are missing"),
        (lambda lines: [lines[0], *(line for line in lines[1:] if line.endswith(",1"))], "100.0% of the rows"),
        (lambda lines: [lines[0], lines[1][:-1] + "2", *lines[2:]], "they may be 0 and 1"),
        (lambda lines: lines[:50], "49 rows; at least 100"),
        (lambda lines: lines[:1], "0 rows"),
    ],
)
def test_bad_data_is_refused_with_what_is_wrong(team: Team, spoil, message: str) -> None:  # type: ignore[no-untyped-def]
    data = team.home / "data"
    data.mkdir()
    (data / "a.csv").write_text("\n".join(spoil(TABLE.read_text().splitlines())) + "\n")
    done = team.validate(data)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (team.home / "curated" / "patients.csv").exists()


def test_a_folder_without_tables_is_refused(team: Team) -> None:
    (team.home / "data").mkdir()
    done = team.validate(team.home / "data")
    assert (done.returncode, "no .csv file" in done.stderr) == (1, True)


def test_an_unknown_column_is_refused_with_the_known_ones(team: Team) -> None:
    prepared(team)
    done = team.train("--columns", "mean_radius,sise")
    assert done.returncode == 1
    assert "names sise; known are: mean_radius" in done.stderr


def test_the_committed_files_are_what_the_maker_makes(team: Team) -> None:
    shutil.copy(SCREENING / "make_data.py", team.home)
    done = subprocess.run([team.python, str(team.home / "make_data.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (team.home / "data" / "breast_cancer.csv").read_bytes() == TABLE.read_bytes()
    assert (team.home / "sample.json").read_bytes() == (SCREENING / "sample.json").read_bytes()


def test_the_default_server_answers_the_sample_with_the_trained_model(team: Team) -> None:
    prepared(team)
    assert team.train().returncode == 0
    serve = (
        "import sys; sys.path.insert(0, sys.argv[1]); import inference as i\n"
        "rows = i.input_fn(open(sys.argv[3], 'rb').read(), 'application/json')\n"
        "print(i.output_fn(i.predict_fn(rows, i.model_fn(sys.argv[2])), '*/*')[0])\n"
    )
    command = [team.python, "-c", serve, str(team.code), str(team.home / "model"), str(SCREENING / "sample.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["predictions"] == [1, 0, 1, 0, 0]
    assert answer["classes"] == [0, 1]
