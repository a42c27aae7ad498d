"""What a cloud keeps survives a kill at any moment, and a restore that fails destroys nothing."""

from __future__ import annotations

import os
import shutil

import pytest

from mlops_iac.clients import DEFAULT_ACCOUNT
from mlops_iac.cloud import services, snapshot
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.home import Home
from mlops_iac.cloud.jobs.records import Records
from mlops_iac.cloud.keeping import Keeper
from mlops_iac.cloud.server import Server
from mlops_iac.cloud.token import Token

BUCKET = "kept-bucket"
KIND = "training-job"
LARGE = 100_000
TOKEN = Token(bytes(32))


def make_bucket(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


def found_in(home):
    """What a new process finds in a folder: what it tells, the content of each object, and each job's record."""
    services.reset()
    gateway = Gateway(home, lambda *_: [], TOKEN)
    told = Keeper(Home(home), gateway).restore()
    from moto.s3.models import s3_backends

    bucket = s3_backends[DEFAULT_ACCOUNT]["aws"].buckets.get(BUCKET)
    objects = {key: bucket.keys[key].body.read() for key in bucket.keys} if bucket else None
    records = {key[3]: record["status"] for key, record in Records(gateway, "jobs").each(KIND)}
    gateway.database.close()
    return told, objects, records


def restored(home):
    told, objects, _ = found_in(home)
    return told, objects


def test_a_kill_at_any_moment_loses_nothing_that_was_saved(start_cloud, images, monkeypatch):
    home, taken = images.home, images.taken
    monkeypatch.setattr("mlops_iac.cloud.keeping.SAVE_AFTER", 3600)  # only this test saves
    cloud = start_cloud(home)
    s3 = make_bucket(cloud)
    rounds = (
        {"a": b"small", "b": bytes(LARGE)},
        {"a": b"changed", "b": None, "c": os.urandom(LARGE)},
        {"a": None, "d": os.urandom(LARGE), "e": b""},
        {"c": b"now small"},
    )
    saved, now, moments = [], {}, []
    cloud.server.save()
    saved.append({})
    images.begin()
    for changes in rounds:
        for key, body in changes.items():
            if body is None:
                s3.delete_object(Bucket=BUCKET, Key=key)
                del now[key]
            else:
                s3.put_object(Bucket=BUCKET, Key=key, Body=body)
                now[key] = body
        moments.append((len(taken), saved[-1], saved[-1]))
        assert cloud.server.save()
        saved.append(dict(now))
        moments.append((len(taken), saved[-2], saved[-1]))
    images.end()
    cloud.server.stop()
    assert {"replace", "fsync", "pwrite"} <= {name for name, _ in taken}
    for number, (call, image) in enumerate(taken):
        before, after = next((before, after) for until, before, after in moments if number < until)
        told, found = restored(image)
        assert told.startswith("restored"), (number, call, told)
        assert found in (before, after), (number, call)
    services.reset()


def test_a_kill_at_any_moment_loses_no_record_that_was_put_away(start_cloud, images, monkeypatch):
    """Nor finds one as it was before it changed, nor one that was removed."""
    home, taken = images.home, images.taken
    monkeypatch.setattr("mlops_iac.cloud.keeping.SAVE_AFTER", 3600)
    cloud = start_cloud(home)
    make_bucket(cloud)
    records, now, saved, moments = Records(cloud.gateway, "jobs"), {}, [{}], []
    cloud.server.save()
    images.begin()
    for changes in ({"a": 1, "b": 1, "c": 1}, {"a": 2, "d": 1}, {"b": None, "a": 3}, {"b": 4}, {"d": None, "c": None}):
        for name, status in changes.items():
            key = (KIND, DEFAULT_ACCOUNT, "eu-west-1", name)
            if status is None:
                records.remove(key)
                del now[name]
                continue
            records.add(key, {}) if name not in now else None
            records.change(key, status=status)
            records.put_away(key, ["status"])
            now[name] = status
        moments.append((len(taken), saved[-1], saved[-1]))
        assert cloud.server.save()
        saved.append(dict(now))
        moments.append((len(taken), saved[-2], saved[-1]))
    images.end()
    cloud.server.stop()
    assert len(taken) > 20
    for number, (call, image) in enumerate(taken):
        before, after = next((before, after) for until, before, after in moments if number < until)
        told, _, found = found_in(image)
        assert told.startswith("restored"), (number, call, told)
        assert found in (before, after), (number, call)
    services.reset()


def test_nothing_is_saved_or_swept_before_the_state_is_restored(start_cloud, tmp_path):
    cloud = start_cloud(tmp_path)
    make_bucket(cloud).put_object(Bucket=BUCKET, Key="k", Body=bytes(LARGE))
    cloud.server.stop()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    services.reset()
    starting = Server(tmp_path)
    starting.listen()
    assert starting.save() is True, "the last snapshot holds everything"
    starting.stop()
    assert {path: path.read_bytes() for path in before} == before
    assert restored(tmp_path) == ("restored", {"k": bytes(LARGE)})


@pytest.fixture
def left(start_cloud, tmp_path):
    """The folder of a cloud that saved twice and stopped."""
    home = tmp_path / "left"
    cloud = start_cloud(home)
    s3 = make_bucket(cloud)
    for key in ("first", "second"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode() * LARGE)
        cloud.server.save()
    cloud.server.stop()
    return home


def spoil(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_a_damaged_snapshot_gives_way_to_the_one_before_and_is_kept(left):
    spoil(left / "cloud.snap")
    bodies = set((left / "objects").iterdir())
    told, found = restored(left)
    assert told.startswith("restored, but as it was one save earlier")
    assert found == {"first": b"first" * LARGE}
    assert len(list(left.glob("cloud.snap.*.unread"))) == 1
    server = Server(left)
    server.keeper.restore()
    server.gateway.touch()
    assert server.save()
    assert bodies <= set((left / "objects").iterdir()), "the damaged one's bodies may still be wanted"


def test_the_last_save_that_cannot_be_read_is_kept_with_its_entries(left):
    """Those of the save before it are found, and the newer ones lie beside the snapshot that sees them."""
    whole = (left / "cloud.snap").read_bytes()
    spoil(left / "cloud.snap")
    assert set(restored(left)[1]) == {"first"}
    (entries,) = left.glob("cloud.snap.*.unread.db")
    for path in left.glob("cloud.db*"):
        path.unlink()
    shutil.copy(entries, left / "cloud.db")
    (left / "cloud.snap").write_bytes(whole)
    assert set(restored(left)[1]) == {"first", "second"}


def test_entries_that_are_gone_or_older_than_the_snapshot_are_told(left):
    for path in left.glob("cloud.db*"):
        path.unlink()
    told, objects = restored(left)
    assert "cloud.db is older than it, or gone" in told
    assert objects is None


def test_a_restore_that_fails_puts_everything_aside_and_the_next_save_deletes_none_of_it(left):
    kept = {path.relative_to(left): path.read_bytes() for path in [left / "cloud.snap", *(left / "objects").iterdir()]}
    for path in (left / "cloud.snap", snapshot.previous(left / "cloud.snap")):
        spoil(path)
    kept[(left / "cloud.snap").relative_to(left)] = (left / "cloud.snap").read_bytes()
    services.reset()
    server = Server(left)
    server.start()
    try:
        told = server.status()["snapshot"]
        (aside,) = left.glob("unread-*")
        assert aside.name in told
        server.gateway.clients("eu-west-1")("s3").create_bucket(
            Bucket="another-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        server.save()
        assert {name: (aside / name).read_bytes() for name in kept} == kept
    finally:
        server.stop()


def test_a_process_that_was_killed_with_unsaved_changes_is_found_out(start_cloud, tmp_path, monkeypatch):
    monkeypatch.setattr("mlops_iac.cloud.keeping.SAVE_AFTER", 3600)
    cloud = start_cloud(tmp_path)
    assert not cloud.server.health()["unclean"]
    make_bucket(cloud)
    assert (tmp_path / "unsaved").exists()
    assert Keeper(Home(tmp_path), Gateway(tmp_path, lambda *_: [], TOKEN)).unclean, (
        "as the next process would see it now"
    )
    cloud.server.save()
    assert not (tmp_path / "unsaved").exists()
    cloud.gateway.touch()
    assert (tmp_path / "unsaved").exists()
    cloud.server.stop()
    assert not (tmp_path / "unsaved").exists()


def test_a_save_without_a_change_writes_nothing(start_cloud, tmp_path):
    cloud = start_cloud(tmp_path)
    make_bucket(cloud)
    cloud.server.save()
    before = (tmp_path / "cloud.snap").stat().st_mtime_ns
    assert cloud.server.save()
    assert (tmp_path / "cloud.snap").stat().st_mtime_ns == before


@pytest.mark.parametrize("left", ["deleted", "taken over"])
def test_a_cloud_saves_nothing_over_the_one_that_follows_it(start_cloud, tmp_path, monkeypatch, left):
    """However soon: a save may come before anybody has looked whether the folder is still this cloud's."""
    monkeypatch.setattr("mlops_iac.cloud.keeping.SAVE_AFTER", 3600)
    home = tmp_path / "cloud"
    cloud = start_cloud(home)
    make_bucket(cloud)
    if left == "deleted":
        shutil.rmtree(home)
        home.mkdir()
    else:
        (home / "cloud.json").write_text('{"pid": 1}')
    (home / "cloud.snap").write_bytes(b"theirs")
    assert cloud.server.save() is False
    assert (home / "cloud.snap").read_bytes() == b"theirs"
