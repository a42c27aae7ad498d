"""``mlops-iac stack``: export, import, history, rename, rm and ls on a stack that the real Pulumi wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.state.state_store import FileStore
from tests.cli.conftest import RECORDED

Capture = pytest.CaptureFixture[str]


def run_json(capsys: Capture, *arguments: str) -> dict:
    capsys.readouterr()
    assert run_command([*arguments, "--json"]) == exit_codes.OK
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def refused(capsys: Capture, *arguments: str, code: int) -> str:
    capsys.readouterr()
    assert run_command(list(arguments)) == code
    return capsys.readouterr().err


def test_ls_tells_what_is_written_and_what_is_deployed(recorded_stack: Path, capsys: Capture):
    assert run_json(capsys, "stack", "ls") == {"stacks": [{"stack": "screening-dev", "file": True, "deployed": True}]}
    assert run_command(["stack", "ls"]) == exit_codes.OK
    assert "screening-dev  deployed" in capsys.readouterr().out


def test_export_goes_to_stdout_and_holds_no_secret(recorded_stack: Path, capsys: Capture):
    exported = run_json(capsys, "stack", "export", "screening-dev")
    assert exported["version"] == 3
    assert len(exported["deployment"]["resources"]) == 7
    assert "hunter2" not in json.dumps(exported)


def test_an_exported_file_is_for_its_owner_only_and_can_be_imported(recorded_stack: Path, capsys: Capture):
    file = Path("export.json")
    told = run_json(capsys, "stack", "export", "screening-dev", "--file", str(file), "--show-secrets")
    assert told == {"stack": "screening-dev", "file": "export.json"}
    assert "hunter2" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    done = run_json(capsys, "stack", "import", "screening-dev", "--file", str(file), "--yes")
    assert Path(done["backup"]).exists()
    assert "hunter2" not in recorded_stack.read_text()


def test_an_export_to_where_nothing_can_be_written_does_not_speak_of_the_state(recorded_stack: Path, capsys: Capture):
    for file in ("no/such/folder/export.json", "stacks"):
        err = refused(capsys, "stack", "export", "screening-dev", "--file", file, code=exit_codes.CONFIGURATION)
        assert "The file cannot be written." in err
        assert file in err


def test_import_without_a_yes_and_a_terminal_changes_nothing(recorded_stack: Path, capsys: Capture):
    before = recorded_stack.read_bytes()
    err = refused(capsys, "stack", "import", "screening-dev", "--file", str(RECORDED), code=exit_codes.CONFIGURATION)
    assert "holds 6 resources of screening-dev" in err
    assert "--yes" in err
    assert recorded_stack.read_bytes() == before


def test_import_reads_stdin(recorded_stack: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", RECORDED.open())
    assert run_json(capsys, "stack", "import", "screening-dev", "--yes")["resources"] == 6


def test_import_of_another_stack_names_it(recorded_stack: Path, capsys: Capture):
    err = refused(capsys, "stack", "import", "scoring-dev", "--file", str(RECORDED), "--yes", code=exit_codes.ERROR)
    assert "resources of stack `screening-dev`" in err


def test_import_of_a_file_that_is_not_there_says_so(recorded_stack: Path, capsys: Capture):
    err = refused(capsys, "stack", "import", "scoring-dev", "--file", "no.json", "--yes", code=exit_codes.CONFIGURATION)
    assert "no.json" in err


@pytest.mark.parametrize("name", ["../../../../outside", "/tmp/outside", "Scoring-Dev", "scoring"])
def test_import_under_a_name_that_no_environment_may_have_writes_nothing(
    name: str, recorded_stack: Path, project: Path, capsys: Capture
):
    before = sorted(project.parent.rglob("*"))
    err = refused(capsys, "stack", "import", name, "--file", str(RECORDED), "--yes", code=exit_codes.CONFIGURATION)
    assert "Not a name for an environment." in err
    assert sorted(project.parent.rglob("*")) == before


def test_a_wrong_passphrase_is_told_and_nothing_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    monkeypatch.chdir(project)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "word")
    err = refused(
        capsys, "stack", "import", "screening-dev", "--file", str(RECORDED), "--yes", code=exit_codes.AUTHENTICATION
    )
    assert "Wrong passphrase." in err
    assert "PULUMI_CONFIG_PASSPHRASE" in err
    assert not list(project.glob(".mlops-iac/state/.pulumi/stacks/*/*.json"))


def test_history_is_a_table_with_the_newest_first(recorded_stack: Path, capsys: Capture):
    folder = recorded_stack.parents[2] / "history/mlops-iac/screening-dev"
    folder.mkdir(parents=True)
    recorded = (RECORDED.parent / "history.json").read_text()
    for number, kind in enumerate(("update", "refresh", "destroy")):
        text = recorded.replace('"kind": "update"', f'"kind": "{kind}"')
        (folder / f"screening-dev-{number}.history.json").write_text(text)
    told = run_json(capsys, "stack", "history", "screening-dev", "--limit", "2")
    assert [entry["kind"] for entry in told["history"]] == ["destroy", "refresh"]
    assert run_command(["stack", "history", "screening-dev"]) == exit_codes.OK
    assert "6 create" in capsys.readouterr().out


def test_rename_changes_the_urns_and_tells_about_the_stack_file(recorded_stack: Path, capsys: Capture):
    told = run_json(capsys, "stack", "rename", "screening-dev", "scoring-dev", "--yes", "--force")
    assert told["file"] == {"from": "stacks/Pulumi.screening-dev.yaml", "to": "stacks/Pulumi.scoring-dev.yaml"}
    assert Path(told["backup"]).exists()
    exported = run_json(capsys, "stack", "export", "scoring-dev")
    assert "urn:pulumi:screening-dev" not in json.dumps(exported)
    root = exported["deployment"]["resources"][0]
    assert root["urn"] == "urn:pulumi:scoring-dev::mlops-iac::pulumi:pulumi:Stack::mlops-iac-scoring-dev"


def test_a_rename_that_would_replace_what_carries_the_name_is_refused_with_what_to_do(
    recorded_stack: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
):
    record = Record(urn="urn:pulumi:screening-dev::mlops-iac::x:y:Z::lake", type="x:y:Z", id="screening-dev-lake-1a2b")
    other = Record(urn="urn:pulumi:screening-dev::mlops-iac::x:y:Z::vpc", type="x:y:Z", id="vpc-screening-devil")
    snapshot = Snapshot(records={1: record, 2: other})
    monkeypatch.setattr(FileStore, "get", lambda self, stack: snapshot)
    said = refused(capsys, "stack", "rename", "screening-dev", "scoring-dev", "--yes", code=exit_codes.ERROR)
    assert "1 of its resources are named after `screening-dev`" in said
    assert "screening-dev-lake-1a2b (lake)" in said
    assert "mlops-iac destroy screening-dev" in said


@pytest.mark.parametrize(
    ("name", "words"),
    [("../../etc/passwd", "Not a name"), ("Scoring", "Not a name"), ("screening-dev", "The name is taken.")],
)
def test_rename_onto_a_bad_or_taken_name_is_refused(name: str, words: str, recorded_stack: Path, capsys: Capture):
    before = recorded_stack.read_bytes()
    assert words in refused(capsys, "stack", "rename", "screening-dev", name, "--yes", code=exit_codes.CONFIGURATION)
    assert recorded_stack.read_bytes() == before


def test_rm_forgets_a_stack_with_resources_only_by_force(recorded_stack: Path, capsys: Capture):
    assert "destroy it first" in refused(capsys, "stack", "rm", "screening-dev", "--yes", code=exit_codes.ERROR)
    told = run_json(capsys, "stack", "rm", "screening-dev", "--force", "--yes")
    assert told["resources"] == 6
    assert Path(told["backup"]).exists()
    assert not recorded_stack.exists()


@pytest.mark.parametrize(
    "command",
    [["stack", "export"], ["stack", "history"], ["stack", "rm"], ["state", "list"], ["state", "repair"]],
    ids=" ".join,
)
def test_an_unknown_stack_suggests_the_nearest(command: list[str], recorded_stack: Path, capsys: Capture):
    err = refused(capsys, *command, "screening-dve", code=exit_codes.STACK_NOT_FOUND)
    assert "did you mean `screening-dev`?" in err


def test_team2_stands_before_team10(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    for name in ("team10-dev", "team2-dev"):
        (project / f"stacks/Pulumi.{name}.yaml").write_text("")
    assert run_command(["stack", "ls", "--json"]) == exit_codes.OK
    assert [one["stack"] for one in json.loads(capsys.readouterr().out)["stacks"]] == [
        "screening-dev", "team2-dev", "team10-dev",
    ]  # fmt: skip
