"""``mlops-iac state``: single resources of a stack that the real Pulumi wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.cli.test_stack import Capture, refused, run_json


def names(capsys: Capture) -> list[str]:
    return [item["name"] for item in run_json(capsys, "state", "list", "screening-dev")["resources"]]


def test_list_shows_each_after_what_it_needs(recorded_stack: Path, capsys: Capture):
    listed = names(capsys)
    assert listed.index("lake") < listed.index("lake-bucket") < listed.index("lake-versions")
    assert run_command(["state", "list", "screening-dev", "--type", "sqs"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert "lake-queue-86f68f8" in out
    assert "lake-bucket" not in out


def test_show_names_secrets_and_does_not_show_them(recorded_stack: Path, capsys: Capture):
    shown = run_json(capsys, "state", "show", "screening-dev", "lake-secret")
    assert shown["inputs"]["secretString"] == "[secret]"
    assert run_command(["state", "show", "screening-dev", "lake-secret"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert "[secret]" in out
    assert "v1:" not in out


def test_an_unknown_resource_suggests_the_nearest(recorded_stack: Path, capsys: Capture):
    err = refused(capsys, "state", "show", "screening-dev", "lake-bukket", code=exit_codes.CONFIGURATION)
    assert "did you mean `lake-bucket`?" in err


def test_delete_shows_what_goes_asks_and_leaves_a_copy(recorded_stack: Path, capsys: Capture):
    err = refused(capsys, "state", "delete", "screening-dev", "lake-queue", code=exit_codes.CONFIGURATION)
    assert "::lake-queue" in err
    assert "They stay in the cloud." in err
    told = run_json(capsys, "state", "delete", "screening-dev", "lake-queue", "--yes")
    assert [urn.rsplit("::", 1)[1] for urn in told["deleted"]] == ["lake-queue"]
    assert "lake-queue" in Path(told["backup"]).read_text()
    assert "lake-queue" not in names(capsys)


def test_delete_is_refused_while_something_stands_on_it(recorded_stack: Path, capsys: Capture):
    err = refused(capsys, "state", "delete", "screening-dev", "lake-bucket", "--yes", code=exit_codes.ERROR)
    assert "lake-versions" in err
    told = run_json(capsys, "state", "delete", "screening-dev", "lake-bucket", "--target-dependents", "--yes")
    assert [urn.rsplit("::", 1)[1] for urn in told["deleted"]] == ["lake-versions", "lake-bucket"]


def test_unprotect_takes_names_or_all(recorded_stack: Path, capsys: Capture):
    document = json.loads(recorded_stack.read_text())
    document["checkpoint"]["latest"]["resources"][-1]["protect"] = True
    recorded_stack.write_text(json.dumps(document))
    assert "--all" in refused(capsys, "state", "unprotect", "screening-dev", code=exit_codes.CONFIGURATION)
    told = run_json(capsys, "state", "unprotect", "screening-dev", "--all", "--yes")
    assert [urn.rsplit("::", 1)[1] for urn in told["unprotected"]] == ["lake-versions"]
    assert run_json(capsys, "state", "unprotect", "screening-dev", "--all") == {"unprotected": [], "backup": None}


def test_move_goes_to_a_stack_that_is_there(recorded_stack: Path, capsys: Capture):
    err = refused(
        capsys, "state", "move", "screening-dev", "lake-queue", "--to", "scoring-dev", code=exit_codes.STACK_NOT_FOUND
    )
    assert "scoring-dev" in err
    other = recorded_stack.read_text().replace("screening-dev", "scoring-dev").replace("lake", "store")
    recorded_stack.with_name("scoring-dev.json").write_text(other)
    told = run_json(capsys, "state", "move", "screening-dev", "lake-queue", "--to", "scoring-dev", "--yes")
    assert list(told["moved"].values()) == ["urn:pulumi:scoring-dev::mlops-iac::aws:sqs/queue:Queue::lake-queue"]
    assert told["cut"] == ["urn:pulumi:screening-dev::mlops-iac::mlops-iac:index:DataLake::lake"]
    assert Path(told["otherBackup"]).exists()
    assert "lake-queue" not in names(capsys)


def test_repair_shows_first_what_it_would_do(recorded_stack: Path, capsys: Capture):
    assert run_json(capsys, "state", "repair", "screening-dev") == {"repairs": [], "backup": None}
    document = json.loads(recorded_stack.read_text())
    resources = document["checkpoint"]["latest"]["resources"]
    resources.remove(next(fields for fields in resources if fields["urn"].endswith("::lake-bucket")))
    recorded_stack.write_text(json.dumps(document))
    err = refused(capsys, "state", "repair", "screening-dev", code=exit_codes.CONFIGURATION)
    assert "::lake-versions" in err
    assert "it no longer says so" in err
    told = run_json(capsys, "state", "repair", "screening-dev", "--yes")
    assert len(told["repairs"]) == 1
    assert Path(told["backup"]).exists()
    assert "lake-versions" in names(capsys)


@pytest.mark.parametrize("text", ["", "{", '{"version": 4, "checkpoint": {}}'])
def test_a_state_that_cannot_be_read_is_told_in_plain_words(text: str, recorded_stack: Path, capsys: Capture):
    recorded_stack.write_text(text or "\0")
    for command in ("list", "repair"):
        err = refused(capsys, "state", command, "screening-dev", code=exit_codes.ERROR)
        assert "screening-dev.json" in err
        assert "Nothing was changed." in err


def test_one_resource_is_not_told_as_several():
    from mlops_iac.cli.state import count

    assert [count(range(n)) for n in range(3)] == ["0 resources", "1 resource", "2 resources"]
