"""up, preview, refresh, destroy and outputs: what they ask of a backend, what they say, how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlops_iac.backends.recording import RecordingBackend
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import CloudError, PlanError, StateError
from mlops_iac.engine.event import Op, Result, Step, StepFailed

URN = "urn:pulumi:recorded-dev::mlops-iac::mlops-iac:index:DataLake$aws:s3/bucket:Bucket::lake-bucket"
BUCKET = Step(op=Op.CREATE, urn=URN, type="aws:s3/bucket:Bucket", name="lake-bucket")


def result(**fields) -> Result:
    return Result(**{"steps": (BUCKET,), "changes": {"create": 1}, "outputs": {}, "seconds": 1.0, **fields})


CHANGED, SAME = result(), result(steps=(), changes={"same": 1})


@pytest.fixture
def backend(project, monkeypatch) -> Callable[..., RecordingBackend]:
    """``backend(up=…)`` puts a recording backend behind the commands."""
    monkeypatch.chdir(project)

    def install(**results: Result) -> RecordingBackend:
        recording = RecordingBackend(results={name.replace("_", "-"): value for name, value in results.items()})
        monkeypatch.setattr("mlops_iac.backends.backend_for", lambda root, stack, cloud: recording)
        return recording

    return install


@pytest.mark.parametrize(("flag", "skips"), [("--yes", False), ("--skip-preview", True)])
def test_up_shows_no_preview_and_asks_nothing_and_checks_first_unless_that_is_skipped(backend, flag, skips):
    recording = backend(up=CHANGED)
    assert run_command(["up", "recorded-dev", flag]) == exit_codes.OK
    assert recording.asked == ["outputs", "up"]
    assert recording.options[-1].skip_preview is skips


def test_up_that_has_shown_its_preview_is_not_checked_once_more(backend, monkeypatch):
    recording = backend(preview=CHANGED, up=CHANGED)
    monkeypatch.setattr("mlops_iac.cli.operations.confirm", lambda question, yes, json: None)
    assert run_command(["up", "recorded-dev"]) == exit_codes.OK
    assert recording.asked == ["outputs", "preview", "up"]
    assert [options.skip_preview for options in recording.options] == [False, True]


def test_up_without_yes_and_without_a_terminal_shows_the_preview_and_refuses(backend, capsys):
    recording = backend(preview=CHANGED)
    assert run_command(["up", "recorded-dev"]) == exit_codes.CONFIGURATION
    out, err = capsys.readouterr()
    assert recording.asked == ["outputs", "preview"]
    assert "lake-bucket" in out
    assert "--yes" in err


def test_a_refused_resource_ends_with_code_4_and_the_error_last(backend, capsys):
    failure = StepFailed(
        step=BUCKET, error=CloudError("Cloud refused a request.", "S3 says no.", resource="lake-bucket"), seconds=0.1
    )
    backend(up=result(outcome="failed", failures=(failure,)))
    assert run_command(["up", "recorded-dev", "--yes"]) == exit_codes.RESOURCE
    err = capsys.readouterr().err
    assert "error: Creating lake-bucket (aws:s3/bucket:Bucket)" in err
    assert "S3 says no." in err
    assert "is up" not in err


def test_with_json_a_failure_is_one_object_on_stdout(backend, capsys):
    failure = StepFailed(step=BUCKET, error=CloudError("Cloud refused a request.", "S3 says no."), seconds=0.1)
    backend(up=result(outcome="failed", failures=(failure,)))
    assert run_command(["up", "recorded-dev", "--yes", "--json"]) == exit_codes.RESOURCE
    out, err = capsys.readouterr()
    body = json.loads(out)
    assert (body["result"], body["failures"][0]["urn"], err) == ("failed", URN, "")


def test_a_cancelled_up_ends_with_code_8_and_says_what_is_true(backend, capsys):
    backend(up=result(outcome="cancelled"))
    assert run_command(["up", "recorded-dev", "--yes"]) == exit_codes.CANCELLED
    assert "the next `up` goes on from here." in capsys.readouterr().err


def test_state_that_cannot_be_saved_is_told_in_three_parts(backend, capsys):
    error = StateError("The state could not be saved.", "No space left on device.", hint="free some space.")
    backend(up=result(outcome="failed", error=error))
    assert run_command(["up", "recorded-dev", "--yes"]) == exit_codes.ERROR
    assert "hint: free some space." in capsys.readouterr().err


@pytest.mark.parametrize(("found", "code"), [(CHANGED, exit_codes.CHANGES), (SAME, exit_codes.OK)])
def test_expect_no_changes_ends_with_7_when_there_are_some(backend, found, code):
    backend(preview=found)
    assert run_command(["preview", "recorded-dev", "--expect-no-changes"]) == code


def test_a_preview_that_could_not_be_made_is_an_error_and_no_picture(backend, capsys):
    backend(preview=result(error=PlanError("A protected resource would be deleted.", "lake-bucket")))
    assert run_command(["preview", "recorded-dev"]) == exit_codes.ERROR
    out, err = capsys.readouterr()
    assert out == ""
    assert "A protected resource would be deleted." in err


def test_a_destroy_that_begins_again_logs_both_times(backend, monkeypatch, tmp_path):
    recording = backend(destroy=result(outcome="failed", error=StateError("In use.")))
    drain = SimpleNamespace(drain=lambda: True)
    monkeypatch.setattr("mlops_iac.cli.ending.Draining.find", lambda ending: drain)
    command = ["destroy", "recorded-dev", "--yes", "--event-log", str(tmp_path / "events")]
    assert run_command(command) == exit_codes.ERROR
    assert [verb for verb in recording.asked if "destroy" in verb] == ["destroy-preview", "destroy", "destroy"]
    told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert [next(name for name in one if name.endswith("Event")) for one in told] == ["summaryEvent", "cancelEvent"] * 2
    assert run_command(command) == exit_codes.ERROR
    assert len((tmp_path / "events").read_text().splitlines()) == len(told), "another command's log begins anew"


def test_destroy_forgets_the_stack_only_when_nothing_is_left(backend):
    recording = backend(destroy=result(changes={"delete": 1}))
    assert run_command(["destroy", "recorded-dev", "--yes"]) == exit_codes.OK
    assert recording.asked[-1] == "remove"
    failed = backend(destroy=result(outcome="failed", error=StateError("Locked.")))
    assert run_command(["destroy", "recorded-dev", "--yes"]) == exit_codes.ERROR
    assert "remove" not in failed.asked


def test_refresh_shows_drift_and_records_nothing_with_preview_only(backend, capsys):
    gone = replace(BUCKET, op=Op.DELETE)
    recording = backend(refresh_preview=result(steps=(gone,), changes={"delete": 1}))
    assert run_command(["refresh", "recorded-dev", "--preview-only"]) == exit_codes.OK
    assert recording.asked == ["refresh-preview"]
    assert "lake-bucket" in capsys.readouterr().out


def test_refresh_as_json_is_one_object_when_nothing_was_changed(backend, capsys):
    recording = backend(refresh_preview=result(changes={"same": 1}))
    assert run_command(["refresh", "recorded-dev", "--json"]) == exit_codes.OK
    assert recording.asked == ["refresh-preview"]
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["changeSummary"]) == ("succeeded", {"same": 1})


def test_outputs_are_picked_by_dotted_name(backend, capsys):
    backend(up=result(outputs={"endpoint": {"name": "a-endpoint"}}))
    assert run_command(["outputs", "recorded-dev", "endpoint.name"]) == exit_codes.OK
    assert capsys.readouterr().out == "a-endpoint\n"


def test_an_unknown_output_suggests_the_nearest(backend, capsys):
    backend(up=result(outputs={"endpoint": {"name": "a-endpoint"}}))
    assert run_command(["outputs", "recorded-dev", "endpiont"]) == exit_codes.CONFIGURATION
    assert "did you mean `endpoint`?" in capsys.readouterr().err


def test_a_preview_says_which_python_the_jobs_lack_and_what_to_do(project, monkeypatch, capsys):
    """`up` would succeed, and then every job would fail: https://pypi.org has no scikit-learn 1.4.2 for Python 3.13."""
    from mlops_iac.core import interpreters

    monkeypatch.chdir(project)
    monkeypatch.setattr(interpreters, "our_interpreter", lambda: interpreters.Interpreter(Path("/python"), "3.13"))
    monkeypatch.setattr(interpreters, "find_other", lambda versions: None)
    monkeypatch.setattr(interpreters, "find_uv", lambda: None)
    assert run_command(["preview", "screening-dev"]) == exit_codes.OK
    err = capsys.readouterr().err
    assert "sklearn 1.4-2 has packages for Python 3.10, 3.11, 3.12; mlops-iac runs on Python 3.13" in err
    assert "install Python 3.12" in err


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("endpont", "There is no `endpont`."),
        ("data.bukket", "There is no `bukket` in `data`."),
        ("data.bucket.x", "There is no `x` in `data.bucket`."),
    ],
)
def test_an_output_that_is_not_there_is_told_by_where_it_was_looked_for(recording, path, said, capsys):
    recording(up=Result(steps=(), changes={}, outputs={"data": {"bucket": "b"}, "endpoint": "e"}, seconds=0))
    assert run_command(["outputs", "a-dev", path]) == exit_codes.CONFIGURATION
    assert said in capsys.readouterr().err


def test_a_table_that_is_piped_is_never_broken(recorded_stack, capsys):
    assert run_command(["state", "list", "screening-dev"]) == exit_codes.OK
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) > 100
    assert all(line.split()[0] for line in lines)


@pytest.mark.parametrize(
    ("can_look", "flags", "said"), [(True, [], True), (True, ["--refresh"], False), (False, [], False)]
)
def test_a_preview_ends_with_what_it_did_not_look_at_when_looking_would_cost_nothing(
    backend, capsys, can_look, flags, said
):
    recording = backend(preview=SAME)
    recording.can_look = can_look
    assert run_command(["preview", "recorded-dev", *flags]) == exit_codes.OK
    last = capsys.readouterr().err.splitlines()[-1]
    assert ("--refresh" in last) is said
