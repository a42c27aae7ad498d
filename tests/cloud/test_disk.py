"""What cannot be kept is refused before it is done."""

from __future__ import annotations

import errno
import os
from types import SimpleNamespace

import pytest

from mlops_iac.cloud import disk
from mlops_iac.cloud.disk import MARGIN, Disk, find_fault


def fake_disk(monkeypatch: pytest.MonkeyPatch, *, free: int = 10 * MARGIN, flag: int = 0) -> None:
    found = SimpleNamespace(f_bavail=free // 4096, f_frsize=4096, f_flag=flag)
    monkeypatch.setattr(disk.os, "statvfs", lambda _: found)


def test_room_is_needed_for_the_new_state_beside_the_old(monkeypatch, tmp_path):
    fake_disk(monkeypatch)
    kept = Disk(tmp_path)
    assert kept.find_fault(8 * MARGIN) == ""
    kept.saved(5 * MARGIN)
    assert "No space left on device: 10.0 MiB are free, 14.0 needed" in kept.find_fault(8 * MARGIN)


def test_a_read_only_disk_and_a_missing_folder_are_told(monkeypatch, tmp_path):
    assert find_fault(tmp_path / "gone") == os.strerror(errno.ENOENT)
    fake_disk(monkeypatch, flag=os.ST_RDONLY)
    assert find_fault(tmp_path) == os.strerror(errno.EROFS)


def test_after_a_failed_save_nothing_is_let_in_until_one_succeeds(tmp_path):
    kept = Disk(tmp_path)
    assert kept.not_saved(OSError(errno.EDQUOT, "Disk quota exceeded"))
    assert not kept.not_saved(OSError(errno.EDQUOT, "Disk quota exceeded")), "the same again is no news"
    assert "quota" in kept.find_fault(1)
    kept.saved(1)
    assert kept.find_fault(1) == ""


def test_a_change_that_cannot_be_kept_is_refused_and_reading_goes_on(cloud, monkeypatch):
    from botocore.exceptions import ClientError

    ssm = cloud.clients()("ssm")
    ssm.put_parameter(Name="kept", Value="v", Type="String")
    fake_disk(monkeypatch, free=0)
    with pytest.raises(ClientError, match=r"InsufficientStorage.*No space left") as caught:
        ssm.put_parameter(Name="lost", Value="v", Type="String")
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert [one["Name"] for one in ssm.describe_parameters()["Parameters"]] == ["kept"]


def test_a_save_that_fails_is_told_and_the_next_one_is_tried(cloud, monkeypatch):
    cloud.gateway.touch()
    monkeypatch.setattr("mlops_iac.cloud.snapshot.write", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    assert cloud.server.save() is False
    assert "full" in cloud.server.status()["not_saved"]
    monkeypatch.undo()
    assert cloud.server.save() is True
    assert "not_saved" not in cloud.server.status()
