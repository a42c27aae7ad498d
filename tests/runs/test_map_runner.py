"""The map runner, as a job starts it: items, indices, results, failures, and shares of several instances."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

RUNNER = str(files("mlops_iac.runs.launcher").joinpath("mlops_iac_map.py"))
FIT = """
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--series")
parser.add_argument("--index", type=int, default=0)
parser.add_argument("--horizon")
given = parser.parse_args()
json.dump([given.series, given.index, given.horizon], open(os.environ["MLOPS_IAC_RESULT"], "w"))
"""


class Job:
    """A folder that stands for /opt/ml, and the team's script."""

    def __init__(self, folder: Path, script: str) -> None:
        self.folder = folder
        (folder / "fit.py").write_text(script)

    def run(self, *arguments: str, script: str = "fit.py", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, RUNNER, "--map-script", script, *arguments],
            cwd=self.folder,
            env={**os.environ, "MLOPS_IAC_OPT_ML": str(self.folder / "ml"), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def lines(self, kind: str = "part") -> list[dict[str, Any]]:
        found = sorted((self.folder / "ml/processing/output/results").glob(f"{kind}-*.jsonl"))
        return [json.loads(line) for file in found for line in file.read_text().splitlines()]

    def results(self) -> list[Any]:
        return sorted(line["result"] for line in self.lines())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path, FIT)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("items.csv", "series\na\nb\n"),
        ("items.csv", "\ufeffseries\r\na\r\nb\r\n"),
        ("items.json", '[{"series": "a"}, {"series": "b"}]'),
        ("items.jsonl", '{"series": "a"}\n\n{"series": "b"}\n'),
    ],
)
def test_each_row_of_a_file_is_run_for_each_index(job: Job, name: str, text: str) -> None:
    (job.folder / name).write_text(text, encoding="utf-8")
    done = job.run("--map-items-file", name, "--map-inner", "2", "--horizon", "4")
    assert done.returncode == 0, done.stderr
    assert job.results() == [["a", 0, "4"], ["a", 1, "4"], ["b", 0, "4"], ["b", 1, "4"]]
    assert job.lines()[0]["item"] == {"series": "a"}


def test_a_list_may_come_in_pieces_and_plain_items_are_told_as_item(job: Job) -> None:
    (job.folder / "plain.py").write_text(
        "import json, os, sys; json.dump(sys.argv[1:], open(os.environ['MLOPS_IAC_RESULT'], 'w'))"
    )
    done = job.run("--map-items-0", '["a",', "--map-items-1", '"b c"]', "--left", "x", script="plain.py")
    assert done.returncode == 0, done.stderr
    assert job.results() == [["--item", "a", "--left", "x"], ["--item", "b c", "--left", "x"]]


def test_a_container_of_an_array_runs_its_index_alone(job: Job) -> None:
    one = ("--map-item", '{"series": "a"}', "--map-number", "3", "--map-inner", "5")
    assert job.run(*one, AWS_BATCH_JOB_ARRAY_INDEX="4").returncode == 0
    assert job.results() == [["a", 4, None]]
    assert (job.folder / "ml/processing/output/results/part-00003-00004.jsonl").is_file()


def test_several_instances_share_the_items(job: Job) -> None:
    (job.folder / "items.csv").write_text("series\n" + "".join(f"{name}\n" for name in "abcde"))
    for host in ("algo-1", "algo-2"):
        (job.folder / "ml/config").mkdir(parents=True, exist_ok=True)
        told = {"hosts": ["algo-2", "algo-1"], "current_host": host}
        (job.folder / "ml/config/resourceconfig.json").write_text(json.dumps(told))
        assert job.run("--map-items-file", "items.csv").returncode == 0
        assert len(job.lines()) == {"algo-1": 3, "algo-2": 5}[host]
    assert [result[0] for result in job.results()] == [*"abcde"]


BROKEN = {
    "raise ValueError('no rows')": "ValueError: no rows",
    "import sys; sys.exit('too few rows')": "too few rows",
    "import os; os.kill(os.getpid(), 9)": "it was killed by signal 9",
    "import os; open(os.environ['MLOPS_IAC_RESULT'], 'w').write('no json')": "the result is no JSON",
}


@pytest.mark.parametrize("broken", BROKEN, ids=BROKEN.values())
def test_the_results_of_an_item_that_failed_are_left_out_and_its_reason_is_kept(job: Job, broken: str) -> None:
    lines = ["    " + line for line in broken.split("; ")]
    script = FIT + "if (given.series, given.index) == ('b', 1):\n" + "\n".join(lines) + "\n"
    (job.folder / "fit.py").write_text(script)
    given = ("--map-items-0", '[{"series":"a"},{"series":"b"}]', "--map-inner", "3")
    done = job.run(*given, "--map-tolerate", "50%")
    assert done.returncode == 0, done.stderr
    assert {result[0] for result in job.results()} == {"a"}
    (failed,) = job.lines("failed")
    assert failed["reason"].startswith(BROKEN[broken])
    assert failed["item"] == {"series": "b"}
    for file in job.folder.rglob("*.jsonl"):
        file.unlink()
    done = job.run(*given)
    assert done.returncode == 1
    assert f"1 of 2 items failed (0 may); 1 tasks with: {BROKEN[broken]}" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [("series\n", "the list of items is empty"), (None, "there is no `items.csv`")],
)
def test_a_list_that_has_nothing_is_told(job: Job, text: str | None, words: str) -> None:
    if text is not None:
        (job.folder / "items.csv").write_text(text)
    done = job.run("--map-items-file", "items.csv")
    assert done.returncode == 1
    assert words in done.stderr


def test_what_a_task_does_to_itself_ends_with_it(job: Job) -> None:
    (job.folder / "fit.py").write_text(
        "import json, os, sys\n"
        "seen = [os.environ.get('LEFT'), os.getcwd() == '/', 'left' in sys.modules]\n"
        "os.environ['LEFT'] = 'yes'; os.chdir('/'); sys.modules['left'] = sys\n"
        "json.dump(seen, open(os.environ['MLOPS_IAC_RESULT'], 'w'))\n"
    )
    assert job.run("--map-items-0", "[1]", "--map-inner", "20").returncode == 0
    assert job.results() == [[None, False, False]] * 20


def test_libraries_are_loaded_once_and_not_by_each_task(job: Job) -> None:
    (job.folder / "fit.py").write_text(
        "import json, os, sys\n"
        "known = 'decimal' in sys.modules\n"
        "import decimal\n"
        "json.dump(known, open(os.environ['MLOPS_IAC_RESULT'], 'w'))\n"
    )
    assert job.run("--map-items-0", "[1]", "--map-inner", "6").returncode == 0
    assert job.results() == [False] + [True] * 5
