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

from tests.e2e.bad_input.project import wait_until

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

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        variables = {**os.environ, "MLOPS_IAC_OPT_ML": str(self.folder / "ml")}
        return subprocess.Popen(
            [sys.executable, RUNNER, "--map-script", "fit.py", *arguments], cwd=self.folder, env=variables
        )

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
    assert sorted(line["item"]["series"] for line in job.lines()) == ["a", "a", "b", "b"]


def test_a_list_may_come_in_pieces_and_plain_items_are_told_as_item(job: Job) -> None:
    (job.folder / "plain.py").write_text(
        "import json, os, sys; json.dump(sys.argv[1:], open(os.environ['MLOPS_IAC_RESULT'], 'w'))"
    )
    done = job.run("--map-items-0", '["a",', "--map-items-1", '"b c"]', "--left", "x", script="plain.py")
    assert done.returncode == 0, done.stderr
    assert job.results() == [["--item", "a", "--left", "x"], ["--item", "b c", "--left", "x"]]


def test_the_containers_of_an_array_share_the_indices(job: Job) -> None:
    one = ("--map-item", '{"series": "a"}', "--map-number", "3", "--map-inner", "5", "--map-containers", "2")
    assert job.run(*one, AWS_BATCH_JOB_ARRAY_INDEX="1").returncode == 0
    assert job.results() == [["a", 1, None], ["a", 3, None]]
    assert (job.folder / "ml/processing/output/results/part-00003-00001.jsonl").is_file()
    assert job.run(*one, AWS_BATCH_JOB_ARRAY_INDEX="0").returncode == 0
    assert [result[1] for result in job.results()] == [0, 1, 2, 3, 4]


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
    assert f"1 of 2 items failed (0 may): 1; 1 tasks with: {BROKEN[broken]}" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("items.csv", "series\n", "there is no item in `items.csv`"),
        ("items.csv", "", "there is no item in `items.csv`"),
        ("items.csv", "n,n\n1,2\n", "the header of `items.csv` names `n` twice"),
        ("items.csv", None, "there is no `items.csv`"),
        ("items.csv", "series,level\na,1\nb\n", "line 3 of `items.csv` has 1 values, its header 2"),
        ("items.jsonl", '{"series": "a"}\n{"series": \n', "line 2 of `items.jsonl` is no JSON"),
        ("items.json", '{"series": "a"}', "`items.json` holds no list"),
        ("items.json", '[1, "b", null]', "item 2 is null; an item is text, a number, or an object"),
        ("items.json", "[[1]]", "item 0 is [1]; an item is text"),
    ],
)
def test_a_list_that_is_none_is_told_with_its_place(job: Job, name: str, text: str | None, words: str) -> None:
    if text is not None:
        (job.folder / name).write_text(text)
    done = job.run("--map-items-file", name)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_item_that_stands_twice_is_run_twice(job: Job) -> None:
    assert job.run("--map-items-0", '[{"series": "a"}, {"series": "a"}]').returncode == 0
    assert job.results() == [["a", 0, None], ["a", 0, None]]


# What earlier runs kept ---------------------------------------------------------------------------------------------

COUNTED = FIT + "open('ran', 'a').write(f'{given.series}{given.index} ')\n"
ITEMS = ("--map-items-0", '[{"series": "a"}, {"series": "b"}]')


@pytest.fixture
def counted(tmp_path: Path) -> Job:
    return Job(tmp_path, COUNTED)


def ran(job: Job) -> list[str]:
    """What has been done since the last time; the next run finds what was kept."""
    file = job.folder / "ran"
    told = sorted(file.read_text().split()) if file.exists() else []
    file.unlink(missing_ok=True)
    made, found = (job.folder / "ml/processing" / kind / "kept" for kind in ("output", "input"))
    found.mkdir(parents=True, exist_ok=True)
    for each in made.glob("*") if made.is_dir() else ():
        each.rename(found / each.name)
    for each in (job.folder / "ml/processing/output/results").glob("*"):
        each.unlink()
    return told


def test_tasks_that_earlier_runs_did_are_not_done_again(counted: Job) -> None:
    given = (*ITEMS, "--map-inner", "2", "--map-cache", "all")
    assert "0 of 4 tasks reused" in counted.run(*given).stdout
    first = counted.results()
    assert ran(counted) == ["a0", "a1", "b0", "b1"]
    assert "4 of 4 tasks reused" in counted.run(*given).stdout
    assert counted.results() == first
    assert ran(counted) == []


@pytest.mark.parametrize(
    ("change", "done"),
    [
        (("--map-inner", "3"), ["a2", "b2"]),
        (("--map-items-0", '[{"series": "a"}, {"series": "c"}]'), ["c0", "c1"]),
        (("--horizon", "9"), ["a0", "a1", "b0", "b1"]),
        (("--map-variables", "other"), ["a0", "a1", "b0", "b1"]),
        ((), []),
    ],
)
def test_only_what_has_changed_is_done(counted: Job, change: tuple[str, ...], done: list[str]) -> None:
    given = {"--map-items-0": ITEMS[1], "--map-inner": "2", "--map-cache": "all", "--horizon": "4"}
    for more in ({}, dict(zip(change[::2], change[1::2], strict=True))):
        assert counted.run(*(word for pair in {**given, **more}.items() for word in pair)).returncode == 0
        told = ran(counted)
    assert told == done


def test_a_changed_input_does_everything_again(counted: Job) -> None:
    series = counted.folder / "ml/processing/input/series"
    series.mkdir(parents=True)
    for text in ("1", "1", "2"):
        (series / "a.json").write_text(text)
        counted.run(*ITEMS, "--map-cache", "all")
        told = ran(counted)
    assert told == ["a0", "b0"]


def test_what_an_item_that_failed_had_done_is_kept(counted: Job) -> None:
    whole = (counted.folder / "fit.py").read_text()
    (counted.folder / "fit.py").write_text("import sys\nif '1' in sys.argv: sys.exit('no')\n" + whole)
    assert counted.run(*ITEMS, "--map-inner", "2", "--map-cache", "all").returncode == 1
    assert counted.results() == []
    ran(counted)
    (counted.folder / "fit.py").write_text(whole)  # code that changes is another place of what is kept
    assert counted.run(*ITEMS, "--map-inner", "2", "--map-cache", "all").returncode == 0
    assert len(counted.results()) == 4
    assert ran(counted) == ["a1", "b1"]


def test_a_line_that_was_cut_off_is_no_result(counted: Job) -> None:
    counted.run(*ITEMS, "--map-cache", "all")
    ran(counted)
    (file,) = (counted.folder / "ml/processing/input/kept").iterdir()
    file.write_text(file.read_text()[:-4])
    counted.run(*ITEMS, "--map-cache", "all")
    assert ran(counted) == ["b0"]


def test_a_plan_leaves_an_order_for_each_item_that_is_not_wholly_known(counted: Job) -> None:
    counted.run("--map-items-0", '[{"series": "b"}]', "--map-inner", "2", "--map-cache", "all")
    ran(counted)
    given = ("--map-items-0", '[{"series": "a"}, {"series": "b"}]', "--map-cache")
    assert (
        "2 of 4 tasks reused; 1 of 2 items are left"
        in counted.run("--map-inner", "2", "--map-tolerate", "60%", *given, "plan").stdout
    )
    assert counted.results() == [["b", 0, None], ["b", 1, None]]
    plan = counted.folder / "ml/processing/output/plan"
    assert json.loads((plan / "items.json").read_text()) == [0]
    assert json.loads((plan / "summary.json").read_text()) == {
        "items": 2, "left": 1, "reused": 2, "tasks": 4, "tolerated": 1,
    }  # fmt: skip
    (plan / "0").rename(counted.folder / "ml/processing/input/order")
    assert counted.run("--map-inner", "2", "--map-cache", "order").returncode == 0
    assert counted.results() == [["a", 0, None], ["a", 1, None], ["b", 0, None], ["b", 1, None]]
    assert ran(counted) == ["a0", "a1"]


def test_a_job_that_is_told_to_stop_writes_down_what_has_ended(job: Job) -> None:
    (job.folder / "fit.py").write_text(FIT + "import time\ntime.sleep(0 if given.index < 5 else 60)\n")
    process = job.start("--map-items-0", '[{"series": "a"}]', "--map-inner", "9", "--map-cache", "all")
    scratch = "/dev/shm" if os.access("/dev/shm", os.W_OK) else job.folder
    wait_until(lambda: len([*Path(scratch).glob(f"**/map-{process.pid}/*.json")]) >= 7)
    process.terminate()
    assert process.wait(20) == 128 + 15
    (kept,) = (job.folder / "ml/processing/output/kept").iterdir()
    assert len(kept.read_text().splitlines()) >= 5
    assert not [*Path(scratch).glob(f"**/map-{process.pid}")]


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
