"""What goes wrong around the CLI: two at once, Ctrl-C in the middle, ports and disks. Nothing that was there is lost,
and what is told says what to do."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlops_iac.core import exit_codes
from tests.e2e.bad_input.project import NEW, Project, environment, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# Two at once, and in the middle ---------------------------------------------------------------------------------------


def test_a_second_up_is_refused_and_ctrl_c_keeps_a_true_state(deployed: Project):
    deployed.run(*NEW)
    first = deployed.start("up", "tiny-qa", "--yes")
    state = deployed.folder / ".mlops-iac/state/.pulumi"
    wait_until(lambda: any((state / "locks").rglob("tiny-qa/*.json")))
    told = deployed.refused("up", "tiny-qa", "--yes", code=exit_codes.ERROR, says=("The stack is locked.", "since 20"))
    assert f"process {first.pid} of " in told
    wait_until(lambda: any((state / "stacks").rglob("tiny-qa*")))  # the dry run is over, something is being made
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=60)
    assert first.returncode == exit_codes.CANCELLED, out + err
    assert "recorded" in err

    assert not any((state / "locks").rglob("tiny-qa/*.json"))
    deployment = deployed.state("tiny-qa")
    assert not deployment.get("pending_operations")
    made = {one["urn"] for one in deployment.get("resources") or () if one.get("custom")}
    assert made
    continued = json.loads(deployed.run("up", "tiny-qa", "--yes", "--json"))["changeSummary"]
    assert continued["create"] > 0
    assert set(continued) <= {"create", "same"}, "what was made is neither changed nor made again"
    assert made <= {one["urn"] for one in deployed.state("tiny-qa")["resources"]}
    deployed.run("preview", "tiny-qa", "--expect-no-changes")
    deployed.run("destroy", "tiny-qa", "--yes")
    (deployed.folder / "stacks/Pulumi.tiny-qa.yaml").unlink()
    deployed.run("preview", "tiny-dev", "--expect-no-changes")


def test_ctrl_c_before_anything_began_is_cancelled_too(project: Project):
    for wait in (0.15, 0.4):
        command = project.start("preview", "tiny-dev")
        time.sleep(wait)
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=30)
        assert command.returncode in (exit_codes.CANCELLED, -signal.SIGINT, exit_codes.OK), err
        assert "cli/main.py" not in err or command.returncode == -signal.SIGINT


# Ports ----------------------------------------------------------------------------------------------------------------


def test_a_foreign_server_on_the_recorded_port_is_left_alone(serving: Project):
    serving.run("cloud", "stop")
    home = serving.folder / ".mlops-iac/cloud"
    foreign = subprocess.Popen(
        [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=serving.folder / "data",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment({"PYTHONUNBUFFERED": "1"}),
    )  # fmt: skip
    try:
        assert foreign.stdout is not None
        taken = int(re.search(r"port (\d+)", foreign.stdout.readline())[1])  # type: ignore[index]
        (home / "port").write_text(str(taken))
        record = {"pid": foreign.pid, "endpoint": f"http://127.0.0.1:{taken}", "started": 1}
        (home / "cloud.json").write_text(json.dumps(record))
        assert json.loads(serving.run("cloud", "status", "--json"))["running"] is False
        started = json.loads(serving.run("cloud", "start", "--json"))
        assert not started["endpoint"].endswith(f":{taken}")
        assert "numbers.csv" in serving.run("data", "ls", "tiny-dev", "raw/")
        assert foreign.poll() is None
    finally:
        foreign.terminate()
        foreign.wait()
        foreign.stdout.close() if foreign.stdout else None


def test_a_provider_on_a_port_in_use_says_so(deployed: Project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = deployed.run("cloud", "provider", "--port", str(port), code=exit_codes.CONFIGURATION)
    assert f"127.0.0.1:{port}" in told
    assert "hint: leave --port out" in told


def test_nonsense_in_the_clouds_own_files_is_survived(serving: Project):
    serving.run("cloud", "stop")
    home = serving.folder / ".mlops-iac/cloud"
    (home / "cloud.json").write_text("{{{")
    (home / "port").write_text("99999999")
    assert "numbers.csv" in serving.run("data", "ls", "tiny-dev", "raw/")
    assert "5" in serving.run("predict", "tiny-dev", "--data", "rows.json")


# Disks ----------------------------------------------------------------------------------------------------------------


def can_mount() -> bool:
    """Whether a private mount namespace may be made here, for disks that are too small."""
    if shutil.which("unshare") is None:
        return False
    line = "mount -t tmpfs -o size=1m tmpfs /mnt"
    return subprocess.run(["unshare", "-rm", "sh", "-c", line], capture_output=True, check=False).returncode == 0


SMALL_DISK = r"""
set -u
mount -t tmpfs -o size=12m,mode=700 tmpfs "$DISK" && cd "$DISK" && cp -r "$PROJECT/." . || exit 99
say() { name=$1; shift; "$PYTHON" -m mlops_iac.cli.main "$@" > "$OUT/$name.out" 2> "$OUT/$name.err" < /dev/null
        echo $? > "$OUT/$name.code"; }
say up up tiny-dev --yes
sha256sum .mlops-iac/state/.pulumi/stacks/mlops-iac/tiny-dev.json > "$OUT/before"
dd if=/dev/zero of=filler bs=64k 2> /dev/null; dd if=/dev/zero of=filler2 bs=1 2> /dev/null
cp -r stacks "$OUT/stacks-before"
say full-new new --team tiny --env full --blueprint tabular-batch --code examples/tiny
say full-up up tiny-dev --yes
say full-put data put tiny-dev data raw/more/
say full-preview preview tiny-dev --expect-no-changes
say full-schema schema --write
test ! -e .mlops-iac/cloud/unsaved; echo $? > "$OUT/unsaved"
say full-stop cloud stop
rm filler filler2
say roomy-stop cloud stop
dd if=/dev/zero of=filler bs=64k 2> /dev/null; dd if=/dev/zero of=filler2 bs=1 2> /dev/null
say full-start cloud start
rm filler filler2
mount -o remount,ro "$DISK"
say ro-new new --team tiny --env full --blueprint tabular-batch --code examples/tiny
say ro-up up tiny-dev --yes
say ro-start cloud start
say ro-ls data ls tiny-dev
say ro-destroy destroy tiny-dev --yes
say ro-reset cloud reset --yes
say ro-preview preview tiny-dev --expect-no-changes
mount -o remount,rw "$DISK"
cp -r stacks "$OUT/stacks-after"
sha256sum -c "$OUT/before" > "$OUT/checked"; echo $? > "$OUT/checked.code"
say after-ls data ls tiny-dev
say after-up preview tiny-dev --expect-no-changes
say after-stop cloud stop
"""

PLACE = "The embedded cloud has no place for its state."
WRITTEN = "The stack file cannot be written."
FULL, READ_ONLY = "No space left on device", "Read-only file system"

ON_SMALL_DISKS = {
    "up": (0, ()),
    "full-new": (1, (WRITTEN, FULL, "Nothing was changed.", "hint: ")),
    "full-up": (1, ("The state cannot be saved.", FULL, "What was saved before is kept.", "hint: make room")),
    "full-put": (4, ("InsufficientStorage", FULL, "hint: make room")),
    "full-preview": (0, ()),
    "full-schema": (1, ("The schema cannot be written.", FULL, "hint: ")),
    "full-stop": (4, ("cannot save its state", "It goes on running, so that nothing is lost.", "hint: make room")),
    "roomy-stop": (0, ()),
    "full-start": (4, (PLACE, FULL, "hint: free some space")),
    "ro-new": (1, (WRITTEN, READ_ONLY, "hint: ")),
    "ro-up": (1, ("The state cannot be saved.", READ_ONLY, "hint: make room")),
    "ro-start": (4, (PLACE, READ_ONLY, "hint: ")),
    "ro-ls": (4, (PLACE, READ_ONLY)),
    "ro-destroy": (4, (PLACE, READ_ONLY)),
    "ro-reset": (4, (PLACE, READ_ONLY)),
    "ro-preview": (0, ()),
    "after-ls": (0, ()),
    "after-up": (0, ()),
    "after-stop": (0, ()),
}


@pytest.fixture(scope="module")
def small_disk(serving: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that SMALL_DISK did, on a disk of a few MiB that exists for its own processes only."""
    if not can_mount():
        pytest.skip("this machine allows no mount namespace, so there is no disk to fill")
    out, disk = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("disk")
    serving.run("cloud", "stop")  # its whole state is in files now
    told = {"DISK": str(disk), "PROJECT": str(serving.folder), "OUT": str(out), "PYTHON": sys.executable}
    done = subprocess.run(["unshare", "-rm", "bash", "-c", SMALL_DISK], env=environment(told), capture_output=True,
                          text=True, timeout=240, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.parametrize("case", ON_SMALL_DISKS)
def test_a_full_or_read_only_disk(small_disk: Path, case: str):
    code, says = ON_SMALL_DISKS[case]
    told = (small_disk / f"{case}.err").read_text()
    ended = (small_disk / f"{case}.code").read_text().strip()
    if case == "full-stop" and (small_disk / "unsaved").read_text().strip() == "0":
        # The disk refused every change while it was full, so whether something waits to be saved hangs on whether
        # the last save of `up` was done before. The cloud's own mark says it was: then a stop has nothing to write.
        code, says = 0, ()
    assert ended == str(code), told
    assert "Traceback" not in told
    for words in says:
        assert words in told, told


def test_after_the_full_disk_everything_is_as_it_was(small_disk: Path):
    assert (small_disk / "checked.code").read_text().strip() == "0", "the state file was touched"
    before, after = (
        {f.name: f.read_bytes() for f in (small_disk / n).iterdir()} for n in ("stacks-before", "stacks-after")
    )
    assert before == after
    listed = (small_disk / "after-ls.out").read_text()
    assert "raw/numbers.csv" in listed
    assert "raw/more/" not in listed, "what was refused was not done"
