"""The embedded cloud as a process of its own: started, found, stopped, killed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core.errors import CloudError

LOCATION = {"LocationConstraint": "eu-west-1"}


@pytest.fixture
def embedded(tmp_path):
    cloud = EmbeddedCloud(tmp_path / "cloud")
    yield cloud
    cloud.stop()


def buckets(cloud):
    return [bucket["Name"] for bucket in cloud.clients("eu-west-1")("s3").list_buckets()["Buckets"]]


def make(cloud, name):
    cloud.clients("eu-west-1")("s3").create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION)


def test_it_starts_is_found_stops_and_comes_back_with_its_state(embedded):
    assert embedded.find() is None
    assert embedded.stop() is False
    assert embedded.status()["running"] is False
    began = time.monotonic()
    running = embedded.start()
    print(f"started in {time.monotonic() - began:.2f} s")
    assert embedded.find() == running == embedded.start()
    make(embedded, "kept-bucket")
    status = embedded.status()
    assert (status["running"], status["pid"], status["endpoint"]) == (True, running.pid, running.endpoint)
    assert status["memory_bytes"] > 10_000_000
    assert embedded.stop() is True
    assert embedded.find() is None
    assert not (embedded.home / "cloud.json").exists()
    assert embedded.start().endpoint == running.endpoint
    assert buckets(embedded) == ["kept-bucket"]
    assert oct(embedded.home.stat().st_mode & 0o777) == "0o700"
    assert all(path.stat().st_mode & 0o077 == 0 for path in embedded.home.rglob("*"))


def test_what_was_saved_survives_a_kill_and_the_stale_record_is_cleaned(embedded):
    running = embedded.start()
    make(embedded, "kept-bucket")
    wait_until(lambda: (embedded.home / "cloud.snap").exists(), seconds=15)
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: embedded.find() is None and not (embedded.home / "cloud.json").exists())
    embedded.start()
    assert buckets(embedded) == ["kept-bucket"]


def test_a_process_whose_folder_was_deleted_ends_and_leaves_the_next_ones_state_alone(embedded):
    left = embedded.start()
    make(embedded, "lost-bucket")
    shutil.rmtree(embedded.home)
    following = embedded.start()
    assert following.pid != left.pid
    wait_for_the_end_of(left.pid)
    assert embedded.find() == following
    assert buckets(embedded) == []


@pytest.mark.parametrize("told", [True, False])
def test_a_process_that_another_took_over_from_saves_nothing(embedded, told):
    left = embedded.start()
    make(embedded, "old-bucket")
    embedded._save(left)
    (embedded.home / "cloud.json").unlink()
    following = embedded.start()
    make(embedded, "new-bucket")
    if told:
        with contextlib.suppress(ProcessLookupError):  # on a slow machine it has seen by itself that it lost its place
            os.kill(left.pid, signal.SIGTERM)
    wait_for_the_end_of(left.pid)
    assert embedded.find() == following
    embedded.stop()
    embedded.start()
    assert sorted(buckets(embedded)) == ["new-bucket", "old-bucket"]


def test_another_process_sees_its_end_while_the_one_that_started_it_lives(embedded):
    running = embedded.start()
    stop = "import sys; from pathlib import Path; from mlops_iac.cloud.process import EmbeddedCloud as Cloud; " \
        "Cloud(Path(sys.argv[1])).stop()"  # fmt: skip
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", stop, str(embedded.home)], check=True)
    assert time.monotonic() - began < 20
    assert not is_running(running.pid)


def wait_for_the_end_of(pid):
    deadline = time.monotonic() + 20
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(pid)


def is_running(pid):
    """A process of ours that has ended stays a zombie until somebody asks for its exit code."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def test_two_starts_at_once_make_one_process(embedded):
    with ThreadPoolExecutor(4) as pool:
        pids = set(pool.map(lambda _: EmbeddedCloud(embedded.home).start().pid, range(4)))
    assert len(pids) == 1


def test_a_port_that_is_taken_gives_the_next_free_one(embedded):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        embedded.home.mkdir(mode=0o700)
        (embedded.home / "port").write_text(str(taken.getsockname()[1]))
        port = int(embedded.start().endpoint.rsplit(":", 1)[1])
        assert port != taken.getsockname()[1]
    assert buckets(embedded) == []


def test_reset_empties_it_running_or_not(embedded):
    embedded.start()
    make(embedded, "gone-bucket")
    embedded.reset()
    assert buckets(embedded) == []
    make(embedded, "gone-again")
    embedded.stop()
    embedded.reset()
    embedded.start()
    assert buckets(embedded) == []


def test_a_start_that_fails_shows_the_end_of_the_log(embedded, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(embedded.home / "broken"))
    (embedded.home / "broken" / "moto").mkdir(parents=True)
    (embedded.home / "broken" / "moto" / "__init__.py").write_text("raise RuntimeError('this moto is broken')")
    with pytest.raises(CloudError) as caught:
        embedded.start()
    assert caught.value.summary == "The embedded cloud did not start."
    assert "this moto is broken" in caught.value.detail
    assert "cloud.log" in caught.value.hint


def test_a_home_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CloudError, match="no place for its state"):
        EmbeddedCloud(tmp_path / "file" / "cloud").start()


def test_clients_of_a_stopped_cloud_say_how_to_start_it(embedded):
    with pytest.raises(CloudError) as caught:
        embedded.clients("eu-west-1")
    assert caught.value.hint == "mlops-iac cloud start"


def test_somebody_elses_process_is_neither_found_nor_stopped(embedded):
    """A record can outlive its process, and pid and port may be others' by now."""
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        embedded.home.mkdir(mode=0o700)
        record = {"pid": other.pid, "endpoint": "http://127.0.0.1:1", "started": 0.0}
        (embedded.home / "cloud.json").write_text(json.dumps(record))
        assert embedded.find() is None
        assert embedded.stop() is False
        assert other.poll() is None
        assert embedded.start().pid != other.pid
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": "x"}', "null"])
def test_a_damaged_record_is_as_if_there_were_none(embedded, record):
    embedded.home.mkdir(mode=0o700)
    (embedded.home / "cloud.json").write_text(record)
    assert embedded.find() is None


def test_the_process_cannot_connect_to_another_machine(tmp_path):
    code = (
        "import socket\n"
        "from mlops_iac.cloud.loopback_only import LeftLoopback, forbid_other_connections\n"
        "forbid_other_connections()\n"
        "for attempt in (lambda: socket.create_connection(('203.0.113.1', 9), 1),\n"
        "                lambda: socket.getaddrinfo('example.org', 80)):\n"
        "    try:\n"
        "        attempt()\n"
        "    except LeftLoopback as refused:\n"
        "        print(refused)\n"
        "with socket.socket() as listening:\n"
        "    listening.bind(('127.0.0.1', 0)); listening.listen()\n"
        "    socket.create_connection(listening.getsockname()).close()\n"
        "print('loopback works')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert "does not connect to 203.0.113.1" in done.stdout
    assert "does not connect to example.org" in done.stdout
    assert "loopback works" in done.stdout


def test_importing_the_process_does_not_import_moto_or_boto3():
    heavy = ("moto", "boto3", "botocore", "flask")
    code = f"import sys, mlops_iac.cloud.process; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"


def wait_until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.03)


def test_iam_is_off_only_by_asking_and_only_until_it_stops(embedded):
    embedded.start(iam=False)
    assert embedded.is_without_iam
    assert embedded.status()["iam"]["enforced"] is False
    assert embedded.start().iam is False  # it runs already
    embedded.stop()
    embedded.start()
    assert not embedded.is_without_iam
    with pytest.raises(CloudError, match="runs with IAM"):
        embedded.start(iam=False)
