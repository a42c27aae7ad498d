"""The emulated Feature Store over a restart, in a module of its own: moto's state is one to a process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlops_iac.cloud import athena, feature_store
from tests.cloud.conftest import REGION, Cloud
from tests.cloud.test_feature_store import WRITES, asked, got, make_role, put, query, table_of


def test_records_and_what_waits_to_be_written_survive_a_restart(
    start_cloud: Callable[..., Cloud], tmp_path: Path
) -> None:
    installs = (feature_store.install, athena.install)
    first = start_cloud(tmp_path / "home", installs)
    first.clients()("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    first.clients()("sagemaker").create_feature_group(**asked("kept", make_role(first, "offline", WRITES)))
    put(first, "kept", "a", "2024-05-01T10:00:00Z", visits=3)
    put(first, "kept", "b", "2024-05-01T11:00:00Z", visits=4)
    first.server.stop()
    second = start_cloud(tmp_path / "home", installs)
    assert (got(second, "kept", "a") or {})["visits"] == "3"
    put(second, "kept", "a", "2024-04-01T10:00:00Z", visits=1)
    assert (got(second, "kept", "a") or {})["visits"] == "3"
    rows = query(second, f"SELECT id, visits FROM {table_of(second, 'kept')} ORDER BY time")
    assert rows == [["a", "1"], ["a", "3"], ["b", "4"]]
