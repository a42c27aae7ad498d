"""A project's folder may come from anywhere: nothing in it is believed that was not sealed with this person's key."""

from __future__ import annotations

import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from mlops_iac.cloud import address, seal, services, snapshot
from mlops_iac.cloud.blobs import Blobs
from mlops_iac.cloud.database import Database
from mlops_iac.cloud.home import Home
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core.errors import CloudError


@pytest.fixture
def person(tmp_path, monkeypatch):
    """Become somebody else, with a key of his own."""

    def become(name):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))

    become("somebody")
    return become


class Bomb:
    """What a hostile snapshot holds."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_what_was_sealed_is_opened_by_its_owner_for_its_purpose_only(person):
    sealed = seal.seal(b"secret", b"snapshot")
    assert b"secret" not in sealed
    assert seal.unseal(sealed, b"snapshot") == b"secret"
    for content, purpose in ((sealed, b"other"), (sealed[:-1], b"snapshot"), (b"", b"snapshot"), (b"x" * 60, b"")):
        with pytest.raises(seal.NotOurs):
            seal.unseal(content, purpose)
    person("another")
    with pytest.raises(seal.NotOurs):
        seal.unseal(sealed, b"snapshot")


def test_the_key_is_private_and_made_once(person):
    with ThreadPoolExecutor(8) as pool:
        signatures = set(pool.map(seal.sign, ["x"] * 8))
    assert len(signatures) == 1
    assert seal.key_path().stat().st_mode & 0o777 == 0o600
    assert list(seal.key_path().parent.iterdir()) == [seal.key_path()]


@pytest.mark.parametrize("fault", ["mode", "length"])
def test_a_key_that_others_may_know_is_refused(person, fault):
    seal.sign("x")
    if fault == "mode":
        seal.key_path().chmod(0o644)
    else:
        seal.key_path().write_bytes(b"short")
    with pytest.raises(CloudError, match="cannot be trusted") as caught:
        seal.sign("x")
    assert str(seal.key_path()) in caught.value.detail


def test_a_strangers_snapshot_runs_no_code(person, tmp_path):
    """It is sealed as ours are, with another key; or it is in the form of before, which had none."""
    path, mark = tmp_path / "cloud.snap", tmp_path / "code-ran"
    bomb = pickle.dumps(Bomb(mark))
    person("stranger")
    head = json.dumps({"moto": snapshot._moto_version(), "files": []}).encode()
    snapshot.write(Home(tmp_path), head + b"\n" + bomb)
    person("somebody")
    for content in (path.read_bytes(), b"mlops-iac cloud snapshot 1\n5.2.5\n" + bomb, bomb):
        path.write_bytes(content)
        with pytest.raises(snapshot.NotLoadable):
            snapshot.load(path, Database(tmp_path, Blobs(tmp_path / "objects")))
        assert not mark.exists()


def test_no_private_key_lies_on_the_disk_in_clear(start_cloud, tmp_path):
    cloud = start_cloud(tmp_path)
    kms = cloud.clients()("kms")
    kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    cloud.clients()("ssm").put_parameter(Name="p", Value="a-secret-word", Type="SecureString")
    with cloud.gateway.locked():
        assert b"PRIVATE KEY" in snapshot.dump({}).content
    cloud.server.save()
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert b"PRIVATE KEY" not in content
        assert b"a-secret-word" not in content


def test_a_record_of_where_a_cloud_answers_counts_only_when_its_owner_wrote_it_there(person, tmp_path):
    path = tmp_path / "one" / "cloud.json"
    path.parent.mkdir()
    address.write(path, "http://127.0.0.1:4510")
    record = address.read(path)
    assert (record["pid"], record["endpoint"]) == (os.getpid(), "http://127.0.0.1:4510")
    text = path.read_text()
    elsewhere = tmp_path / "two.json"
    elsewhere.write_text(text)
    assert address.read(elsewhere) is None, "another folder's"
    for forged in (
        text.replace("4510", "4511"),
        json.dumps({name: value for name, value in json.loads(text).items() if name != "signature"}),
        json.dumps({**json.loads(text), "signature": None}),
    ):
        path.write_text(forged)
        assert address.read(path) is None
    address.write(path, "http://203.0.113.7:4510")
    assert address.read(path) is None, "not this machine"
    path.write_text(text)
    person("another")
    assert address.read(path) is None
    assert not seal.key_path().exists(), "looking makes no key"


def test_a_project_from_elsewhere_has_no_running_cloud(person, tmp_path):
    home = tmp_path / "cloned" / "cloud"
    home.mkdir(parents=True)
    person("stranger")
    address.write(home / "cloud.json", "http://127.0.0.1:9")
    person("somebody")
    assert EmbeddedCloud(home).find() is None
    services.reset()
