"""A bill that was worked out before is shown again only while everything that it follows from is as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import cost as command
from mlops_iac.cli.main import run_command
from mlops_iac.core.prices import Money
from mlops_iac.cost.bill import CostChange, Estimate
from mlops_iac.cost.item import Item
from mlops_iac.cost.kept import Kept, Made, digest, find_kept, find_made, keep, may_be_kept, program_digest
from tests.conftest import make_project

STACK = "screening-dev"
STACK_FILE = f"stacks/Pulumi.{STACK}.yaml"
CODE = "examples/screening"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    return root


def bill() -> Kept:
    item = Item(layer="lake", what="objects", idle=Money(0.1, 0.2, 1 / 3), used=Money(1, 2, 3))
    before = Estimate(region="eu-west-1", items=(item,), unpriced=("aws:new/thing:Thing",))
    change = CostChange(before=before, after=Estimate(region="eu-west-1", items=(), unpriced=()))
    value = {"owner": "Retail", "use_case": None, "expected_usd_a_month": 5000.0}
    return Kept(change=change, usage={"runs": 30, "logs_gb": 0.5}, value=value, file=STACK_FILE)


def kept(project: Path) -> Kept | None:
    return find_kept(project, STACK)


def made(project: Path, *opened: str) -> Made:
    files = tuple(str(project / CODE / file) for file in opened)
    digest = program_digest(project, STACK, [CODE], files)
    return Made(digest=digest, watched=(CODE,), opened=files, sides={"region": "eu-west-1"}, notices=("old",))


def keep_now(project: Path) -> None:
    keep(project, STACK, bill(), digest=digest(project, STACK, [CODE]), watched=[CODE])
    assert kept(project) is not None


def test_every_figure_comes_back_as_it_was(project: Path) -> None:
    keep_now(project)
    assert kept(project) == bill()


def edit(file: str) -> Any:
    def change(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = project / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.read_text() + "\n# changed\n" if path.exists() else "{}")

    return change


def same_size_and_time(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project / CODE / "train.py"
    known, text = path.stat(), path.read_text()
    path.write_text(text.replace("import", "inport", 1))
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


def set_variable(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")


def remove_script(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / CODE / "train.py").unlink()


@pytest.mark.parametrize(
    "change",
    [
        edit(STACK_FILE),
        edit("Pulumi.yaml"),
        edit("mlops-iac.yaml"),
        edit("__main__.py"),
        edit(f"{CODE}/pipelines/other.yaml"),
        edit(f".mlops-iac/state/.pulumi/stacks/mlops-iac/{STACK}.json"),
        edit(f".mlops-iac/state/.pulumi/stacks/mlops-iac/{STACK}.json.journal"),
        same_size_and_time,
        remove_script,
        set_variable,
    ],
    ids=["stack", "project", "company", "program", "pipeline", "state", "journal", "script", "removed", "variable"],
)
def test_whatever_goes_into_a_bill_makes_it_worked_out_anew(
    project: Path, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    keep_now(project)
    change(project, monkeypatch)
    assert kept(project) is None


def test_another_stacks_file_and_state_change_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_now(project)
    edit("stacks/Pulumi.other-dev.yaml")(project, monkeypatch)
    edit(".mlops-iac/state/.pulumi/stacks/mlops-iac/other-dev.json")(project, monkeypatch)
    assert kept(project) == bill()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 1}', "\0"])
def test_a_file_that_is_no_bill_is_no_bill(project: Path, text: str) -> None:
    file = project / ".mlops-iac/cost" / f"{STACK}.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert kept(project) is None


def test_a_program_that_does_something_of_its_own_may_read_anything(project: Path) -> None:
    assert may_be_kept(project)
    (project / "__main__.py").write_text("# ours\nfrom mlops_iac.program import main\n\nmain()\n")
    assert may_be_kept(project)
    (project / "__main__.py").write_text("from mlops_iac.program import main\nmain(transforms={})\n")
    assert not may_be_kept(project)


def test_a_second_look_runs_no_program_and_shows_the_same(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command(["cost", STACK, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    monkeypatch.setattr(command, "work_out", lambda *_: pytest.fail("the program was run"))
    assert run_command(["cost", STACK, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert run_command(["cost", STACK, "--max", "3"]) == 1
    assert "costs too much" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (edit(STACK_FILE), True),  # a comment
        (edit(f"{CODE}/prepare.py"), True),  # not opened
        (edit(f"{CODE}/train.py"), False),
        (edit(f"{CODE}/new.py"), False),
        (edit("Pulumi.yaml"), False),
        (edit("__main__.py"), False),
        (edit(f".mlops-iac/state/.pulumi/stacks/mlops-iac/{STACK}.json"), False),
        (set_variable, False),
    ],
    ids=["comment", "unread", "read", "new", "project", "program", "state", "variable"],
)
def test_a_program_would_make_the_same_while_what_it_reads_is_the_same(
    project: Path, monkeypatch: pytest.MonkeyPatch, change: Any, same: bool
) -> None:
    keep(project, STACK, bill(), digest="x", watched=[CODE], made=made(project, "train.py"))
    assert find_made(project, STACK) is not None
    change(project, monkeypatch)
    assert (find_made(project, STACK) is not None) == same


USAGE = "  mlops-iac:usage: {runs: 3000}\n  mlops-iac:options:"


def test_another_use_is_priced_without_the_program(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def price() -> dict[str, Any]:
        assert run_command(["cost", STACK, "--json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    file, first = project / STACK_FILE, price()
    with monkeypatch.context() as closed:
        closed.setattr(command, "work_out", lambda *_: pytest.fail("the program was run"))
        file.write_text(file.read_text().replace("  mlops-iac:options:", USAGE))
        again = price()
        (project / CODE / "train.py").write_text("# another training\n")
        assert price() == again
        assert find_kept(project, STACK) is not None
        file.write_text(file.read_text().replace("{runs: 3000}", "{runs: often}"))
        assert run_command(["cost", STACK]) == 2
        assert "usage.runs" in capsys.readouterr().err
        file.write_text(file.read_text().replace("{runs: often}", "{runs: 3000}"))
    (project / ".mlops-iac/cost" / f"{STACK}.json").unlink()
    assert price() == again != first


def test_what_was_said_is_said_again(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_iac.program.blueprinted.outdated", lambda config: "It is old.")
    monkeypatch.setattr("mlops_iac.config.stack_config.StackConfig.is_outdated", True)
    for change in (lambda: None, lambda: None, lambda: edit(STACK_FILE)(project, monkeypatch)):
        change()
        assert run_command(["cost", STACK]) == 0
        assert capsys.readouterr().err.count("It is old.") == 1


def test_only_what_a_rate_reads_is_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["cost", STACK]) == 0
    made = json.loads((project / ".mlops-iac/cost" / f"{STACK}.json").read_text())["made"]
    inputs = {type: set(read) for _, type, read in made["sides"]["after"]["resources"]}
    assert inputs["aws:kms/key:Key"] == {"enableKeyRotation"}
    assert inputs["aws:iam/role:Role"] == inputs["aws:s3/bucket:Bucket"] == set()
    assert set(made["sides"]["after"]["outputs"]) <= {"contract", "region", "pipelines", "endpoints"}


def test_a_stack_that_is_gone_has_no_bill(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep_now(project)
    (project / STACK_FILE).unlink()
    assert run_command(["cost", STACK]) != 0
    assert "No such stack" in capsys.readouterr().err
