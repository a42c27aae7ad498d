"""A job's processes: it sees and signals its own alone, ends as its program ended, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs import enter, mounts
from mlops_iac.cloud.jobs.process import End, Process, wait_until

BARE = {"PATH": "/usr/bin:/bin"}

needs_processes = pytest.mark.skipif(not mounts.can_separate(), reason="no private process namespaces on this machine")


@pytest.fixture
def make(tmp_path):
    """``make(script, grace=…)``: a shell script as a job's process, and the lines it prints."""

    def make(script: str, *, grace: float = 0.5) -> tuple[Process, list[str]]:
        lines: list[str] = []
        command = mounts.make_view(tmp_path).command(["/bin/sh", "-c", script], "/")
        return Process(command, BARE, lines.append, grace=grace), lines

    return make


def living(words: str) -> list[str]:
    """Processes of this machine, dead ones that nobody took in among them, with these words in their command."""
    listed = subprocess.run(["ps", "-eo", "stat,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if words in line]


@needs_processes
def test_a_job_sees_its_own_processes_and_no_others(make):
    process, lines = make("echo /proc/[0-9]*; tr '\\0' ' ' < /proc/1/cmdline")
    process.start()
    assert process.wait(20).code == 0
    assert set(lines[0].split()) <= {"/proc/1", "/proc/2", "/proc/3"}
    assert str(Path(mounts.LAUNCHER)) in lines[1]


@needs_processes
def test_a_job_cannot_signal_the_cloud_or_a_process_of_the_person(make):
    with subprocess.Popen(["/bin/sleep", "60"]) as bystander:
        try:
            process, lines = make(
                f"kill -9 {os.getpid()}; kill -9 {bystander.pid}; kill -9 1; kill -STOP -- -1; echo on"
            )
            process.start()
            assert process.wait(20).code == 0
            assert lines[-1] == "on"
            assert sum("No such process" in line for line in lines) == 2
            assert bystander.poll() is None
        finally:
            bystander.kill()


@needs_processes
@pytest.mark.parametrize("pid", ["self", "parent"])
def test_a_job_cannot_read_the_memory_or_the_files_of_the_cloud(make, pid):
    """/proc/<pid>/root of any process of the person would lead out of the job's root."""
    number = os.getpid() if pid == "self" else os.getppid()
    process, lines = make(f"ls /proc/{number}/root; cat /proc/{number}/environ")
    process.start()
    assert process.wait(20).code != 0
    assert all("No such file" in line for line in lines)
    assert lines


@pytest.mark.parametrize(
    ("script", "code", "exit_code"),
    [("exit 0", 0, 0), ("exit 7", 7, 7), ("kill -9 $$", -9, 137), ("kill -11 $$", -11, 139), ("exit 143", 143, 143)],
)
def test_a_process_ends_as_its_program_ended(make, script, code, exit_code):
    process, _ = make(script)
    process.start()
    outcome = process.wait(20)
    assert (outcome.end, outcome.code, outcome.exit_code) == (End.EXITED, code, exit_code)


def test_a_program_that_is_not_there_ends_with_127(tmp_path):
    lines: list[str] = []
    process = Process(mounts.make_view(tmp_path).command(["/no/such"], "/"), BARE, lines.append)
    process.start()
    assert process.wait(20).code == 127
    assert lines == ["/no/such: No such file or directory"]


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("echo ready; exec sleep 61", -signal.SIGTERM, []),
        ("trap 'echo bye; exit 3' TERM; echo ready; sleep 61 & wait", 3, ["bye"]),
        ("trap '' TERM; echo ready; sleep 61", -signal.SIGKILL, []),
    ],
)
def test_a_stop_is_asked_of_the_program_and_then_forced(make, script, code, said):
    process, lines = make(script)
    process.start()
    assert wait_until(lambda: "ready" in lines, 20)
    process.stop()
    outcome = process.wait(20)
    assert (outcome.end, outcome.code) == (End.STOPPED, code)
    assert lines == ["ready", *said]


def test_a_stop_right_after_the_start_is_not_lost(make):
    process, _ = make("exec sleep 61", grace=60)
    process.start()
    began = time.monotonic()
    process.stop()
    assert process.wait(20).code == -signal.SIGTERM
    assert time.monotonic() - began < 15


@needs_processes
@pytest.mark.parametrize("how", ["ends", "is stopped", "meets its time limit", "loses its launcher"])
def test_what_a_job_started_ends_with_it_in_sessions_of_its_own_too(make, how):
    mark = f"6{os.getpid()}"
    own = f"setsid sleep {mark} & trap '' TERM; sleep {mark} & echo ready; "
    process, lines = make(own + ("exit 0" if how == "ends" else f"sleep {mark}"))
    process.start()
    assert wait_until(lambda: "ready" in lines, 20)
    if how == "is stopped":
        process.stop()
    elif how == "loses its launcher":
        threading.Timer(0, process._signal, [signal.SIGKILL]).start()
    outcome = process.wait(0.1 if how == "meets its time limit" else 20)
    assert outcome.end is {"is stopped": End.STOPPED, "meets its time limit": End.TIMED_OUT}.get(how, End.EXITED)
    assert wait_until(lambda: living(f"sleep {mark}") == [], 5)


@needs_processes
def test_orphans_are_taken_in_by_the_first_process(make):
    process, lines = make("(sleep 0.1 & ); sleep 0.5; for p in /proc/[0-9]*; do grep State $p/status; done")
    process.start()
    assert process.wait(20).code == 0
    assert lines
    assert not any("zombie" in line for line in lines)


def test_where_a_machine_has_no_process_namespaces_it_is_said(tmp_path, monkeypatch):
    from mlops_iac.cloud.jobs.reach import INTERNET
    from mlops_iac.cloud.jobs.workspace import Workspace

    monkeypatch.setattr(mounts, "can_separate", lambda: False)
    monkeypatch.setattr(enter, "can_separate", lambda: False)
    assert mounts.NO_PROCESSES in enter.find_lacks(Workspace(tmp_path), INTERNET)
    assert enter.report()["processes"] == mounts.NO_PROCESSES
