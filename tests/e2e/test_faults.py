"""What breaks other engines, done to the real CLI process: killed, stopped, throttled, unanswered, no room, no state.

The tests follow one another on one environment. After each trouble the same command is given again, as a person would,
and what counts is the cloud itself: everything there once, nothing twice, and in the end nothing at all.
`tests/support/saboteur.py` is the embedded cloud with somebody in front who breaks things at chosen requests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.clients import Clients
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core import exit_codes
from mlops_iac.engine.state.snapshot import Snapshot
from tests.conftest import CHECKOUT, make_project
from tests.e2e.conftest import Done
from tests.support.leftovers import find_leftovers
from tests.support.saboteur import Plan, write_plan

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STACK = "screening-dev"
PATIENCE = 180.0
"""Seconds for one command on a machine that is busy."""

KILLED_BEFORE = (0, 11)
KILLED_AFTER = (1, 5, 8)
"""Changing requests of one `up` before or after which it is killed; each goes on where the last one was. With
MLOPS_IAC_KILL_AT_EACH_STEP=1 it is killed after every single one."""


TARGETS = {"throttle": ["registry-group"], "error500": ["boundary-policy"], "drop": ["network-vpc", "encryption-key"]}
"""What is made while the cloud has a trouble of this kind. What a create without a name has made can only be found by
its tags: the last ones are such."""


@dataclass
class Lab:
    """One project with its cloud, and the commands given in it."""

    folder: Path
    wanted: list[str] = field(default_factory=list)
    """What a clean `up` makes, as the cloud lists it; known after the first one."""

    @property
    def home(self) -> Path:
        return self.folder / ".mlops-iac/cloud"

    @property
    def checkpoint(self) -> Path:
        return self.folder / f".mlops-iac/state/.pulumi/stacks/mlops-iac/{STACK}.json"

    @property
    def clients(self) -> Clients:
        return EmbeddedCloud(self.home).clients("eu-west-1")

    @property
    def state(self) -> Snapshot:
        """As the next command will read it; a damaged one is an error here."""
        return EmbeddedBackend(self.folder, STACK).store.read(STACK)[0]

    def start(self, *arguments: str, plan: Plan | None = None) -> subprocess.Popen[str]:
        """Begin a command, and have its requests sabotaged."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PULUMI_"))}
        process = subprocess.Popen(
            [sys.executable, "-m", "mlops_iac.cli.main", *arguments],
            cwd=self.folder, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        write_plan(self.home, replace(plan, pid=process.pid) if plan else None)
        return process

    def end(self, process: subprocess.Popen[str]) -> Done:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            write_plan(self.home, None)
        assert "Traceback" not in err, err
        return Done(process.returncode, out, err)

    def run(self, *arguments: str, plan: Plan | None = None, code: int | None = 0) -> Done:
        """A whole command; ``code`` None takes any answer."""
        done = self.end(self.start(*arguments, plan=plan))
        assert code in (None, done.code), f"{arguments} ended with {done.code}\n{done.out}\n{done.err}"
        return done

    def up(self, *more: str, plan: Plan | None = None, code: int | None = 0) -> Done:
        return self.run("up", STACK, "--yes", *more, plan=plan, code=code)

    def there(self) -> list[str]:
        """Everything of the stack in the cloud, each as often as it is there."""
        keys = self.clients("kms")
        states = [keys.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in keys.list_keys()["Keys"]]
        return sorted([*find_leftovers(self.clients, STACK), *(f"kms key: {s}" for s in states if s == "Enabled")])

    def check_mended(self) -> None:
        """The same command again succeeds, everything is there once, and nothing is left open."""
        self.up()
        assert self.there() == self.wanted
        assert self.state.pending == {}

    def edit_stack_file(self, old: str, new: str) -> None:
        file = self.folder / f"stacks/Pulumi.{STACK}.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(make_project(tmp_path_factory.mktemp("faults") / "project"))
    lab.home.mkdir(mode=0o700, parents=True)
    with (lab.home / "saboteur.log").open("w") as log:
        cloud = subprocess.Popen(
            [sys.executable, "-m", "tests.support.saboteur", str(lab.home)],
            cwd=lab.home, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not (lab.home / "cloud.json").exists():
            said = (lab.home / "saboteur.log").read_text()
            assert cloud.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.05)
        yield lab
    finally:
        cloud.terminate()
        cloud.wait(60)


# Two at once ----------------------------------------------------------------------------------------------------------


def test_of_two_ups_at_once_one_is_refused_and_told_who_is_there(lab: Lab) -> None:
    first = lab.start("up", STACK, "--yes", plan=Plan(kind="slow", at=3))
    while not (lab.home / "requests.log").exists() or len((lab.home / "requests.log").read_text().split()) < 4:
        assert first.poll() is None
        time.sleep(0.05)
    second = subprocess.run(
        [sys.executable, "-m", "mlops_iac.cli.main", "up", STACK, "--yes"],
        cwd=lab.folder, capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert second.returncode == exit_codes.ERROR
    assert f"process {first.pid}" in second.stderr
    assert lab.end(first).code == 0
    lab.wanted = lab.there()
    assert len(lab.wanted) > 30


# What others change ---------------------------------------------------------------------------------------------------


def test_drift_is_shown_property_by_property_and_mended(lab: Lab) -> None:
    lab.clients("budgets").delete_budget(AccountId="123456789012", BudgetName=f"{STACK}-monitoring-budget")
    logs = lab.clients("logs")
    group = logs.describe_log_groups()["logGroups"][0]
    logs.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=1)
    told = lab.run("drift", STACK, code=exit_codes.CHANGES)
    assert re.search(r"- budget +aws:budgets/budget:Budget", told.out)
    assert "1 changed, 1 gone" in told.out
    assert re.search(r"retentionInDays: \d+ → 1$", told.out, re.MULTILINE)
    lab.up("--refresh")
    assert lab.there() == lab.wanted
    mended = {g["logGroupName"]: g["retentionInDays"] for g in logs.describe_log_groups()["logGroups"]}
    assert mended[group["logGroupName"]] == group["retentionInDays"]
    lab.run("drift", STACK)


def test_a_target_is_changed_and_nothing_else(lab: Lab) -> None:
    lab.edit_stack_file("# monthly_budget_usd: 100", "monthly_budget_usd: 250")
    lab.edit_stack_file("# retention_days: null", "retention_days: 90")
    body = json.loads(lab.up("--target", "monitoring-budget", "--json").out)
    assert body["changeSummary"]["update"] == 1
    left = json.loads(lab.run("preview", STACK, "--json").out)
    assert [step["urn"].rsplit("::", 1)[1] for step in left["steps"] if step["op"] != "same"] == ["lake-lifecycle"]
    done = lab.up("--target", "monitoring-bugdet", code=exit_codes.CONFIGURATION)
    assert "monitoring-budget" in done.err


# The state's own troubles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["half", "empty", "noise"])
def test_a_damaged_state_is_refused_and_left_alone(lab: Lab, damage: str) -> None:
    good = lab.checkpoint.read_bytes()
    bad = {"half": good[: len(good) // 2], "empty": b"{}", "noise": bytes(range(256)) * 40}[damage]
    lab.checkpoint.write_bytes(bad)
    try:
        command = ("destroy" if damage == "empty" else "up", STACK, "--yes")
        done = lab.run(*command, code=exit_codes.ERROR)
        assert str(lab.checkpoint) in done.err
        assert lab.checkpoint.read_bytes() == bad
    finally:
        lab.checkpoint.write_bytes(good)
    assert lab.there() == lab.wanted


def test_a_full_disk_loses_nothing(lab: Lab) -> None:
    """The state lies on a file system of its own that has no room left; afterwards it is where it was."""
    if not can_mount():
        pytest.skip("this machine gives its users no mount namespaces")
    state = lab.folder / ".mlops-iac/state"
    kept = lab.folder / "kept"
    script = (
        f"set -e; cp -a {state} {kept}; mount -t tmpfs -o size=16m tmpfs {state}; cp -a {kept}/. {state};"
        f" dd if=/dev/zero of={state}/filler bs=4k 2>/dev/null || true;"
        f" {sys.executable} -m mlops_iac.cli.main up {STACK} --yes && code=0 || code=$?;"
        f" rm {state}/filler; rm -rf {kept}; cp -a {state} {kept}; exit $code"
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        cwd=lab.folder, capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == exit_codes.ERROR, done.stderr
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    shutil.rmtree(state)
    kept.rename(state)
    lab.check_mended()


# What must stay -------------------------------------------------------------------------------------------------------


def test_what_is_protected_is_not_destroyed_and_all_of_it_is_named(lab: Lab) -> None:
    lab.edit_stack_file("# mlops-iac:protect: false", "mlops-iac:protect: true")
    lab.up()
    protected = sorted(record.urn for record in lab.state if record.protect)
    assert len(protected) > 1
    done = lab.run("destroy", STACK, "--yes", code=exit_codes.ERROR)
    assert [urn for urn in protected if urn not in done.err] == []
    assert lab.there() == lab.wanted
    lab.edit_stack_file("mlops-iac:protect: true", "mlops-iac:protect: false")
    lab.up()


# Killed ---------------------------------------------------------------------------------------------------------------


def test_a_destroy_that_was_killed_is_finished_by_the_next_one(lab: Lab) -> None:
    assert lab.run("destroy", STACK, "--yes", plan=Plan(kind="kill", at=9), code=None).code == -signal.SIGKILL
    assert lab.there()
    lab.run("destroy", STACK, "--yes")
    assert lab.there() == []


def test_an_up_that_is_killed_again_and_again_gets_there_and_makes_nothing_twice(lab: Lab) -> None:
    every = bool(os.environ.get("MLOPS_IAC_KILL_AT_EACH_STEP"))
    plans = [Plan(kind="kill", at=at, after=False) for at in KILLED_BEFORE]
    plans += [Plan(kind="kill", at=0) for _ in range(200)] if every else [Plan(kind="kill", at=n) for n in KILLED_AFTER]
    for plan in plans:
        done = lab.up("--parallel", "1" if every else "4", plan=plan, code=None)
        assert lab.state is not None
        if done.code == 0:
            assert every
            break
        assert done.code == -signal.SIGKILL, done.err
    lab.check_mended()
    lab.run("preview", STACK, "--expect-no-changes")


def test_a_destroy_whose_answers_are_lost_asks_again(lab: Lab) -> None:
    lab.run("destroy", STACK, "--yes", plan=Plan(kind="drop", at=4, times=6))
    assert lab.there() == []


# Stopped, throttled, unanswered ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TARGETS)
def test_what_passes_is_tried_again_and_nobody_notices(lab: Lab, kind: str) -> None:
    targets = [word for name in TARGETS[kind] for word in ("--target", name)]
    before = len(lab.there())
    lab.up(*targets, plan=Plan(kind=kind, at=0, times=3))
    assert len(lab.there()) > before


def test_sigterm_leaves_a_state_to_go_on_from(lab: Lab) -> None:
    assert lab.up("--parallel", "2", plan=Plan(kind="term", at=2), code=None).code != 0
    assert lab.state is not None


def test_ctrl_c_once_records_what_is_in_flight(lab: Lab) -> None:
    done = lab.up("--parallel", "2", plan=Plan(kind="int", at=2), code=exit_codes.CANCELLED)
    assert lab.state.pending == {}
    assert "ancelled" in done.err


def test_ctrl_c_twice_ends_at_once_and_the_next_up_knows_what_was_left_open(lab: Lab) -> None:
    assert lab.up("--parallel", "2", plan=Plan(kind="int-twice", at=2), code=None).code != 0
    assert lab.state is not None


@pytest.mark.parametrize("kind", ["throttle", "error500"])
def test_what_does_not_pass_is_told_with_its_call_and_leaves_a_state_to_go_on_from(lab: Lab, kind: str) -> None:
    done = lab.up(plan=Plan(kind=kind, at=2, times=500), code=exit_codes.RESOURCE)
    assert re.search(r"call +\w+:\w+\n +reason +(ThrottlingException|InternalFailure): ", done.err)
    assert lab.state is not None


def test_after_all_that_the_environment_is_there_once_and_goes_whole(lab: Lab) -> None:
    lab.check_mended()
    lab.run("drift", STACK)
    lab.run("destroy", STACK, "--yes")
    assert lab.there() == []


def can_mount() -> bool:
    """Whether an ordinary person may have a mount namespace here."""
    tool = shutil.which("unshare")
    return tool is not None and subprocess.run([tool, "-rm", "true"], capture_output=True, check=False).returncode == 0
