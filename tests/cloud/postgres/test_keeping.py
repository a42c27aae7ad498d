"""What a cluster was told to keep is there whatever ends the process, and goes with the cluster."""

from __future__ import annotations

import os
import signal

import pytest

from mlops_iac.cloud import postgres
from mlops_iac.cloud.process import EmbeddedCloud
from tests.cloud.postgres.conftest import make, named


def test_tables_outlive_a_restart_and_go_with_the_cluster(start_cloud, tmp_path):
    cloud = start_cloud(home=tmp_path, installs=(postgres.install,))
    asked = make(cloud.clients())
    data = cloud.clients()("rds-data")
    data.execute_statement(**asked, sql="CREATE TABLE t AS SELECT 42 AS n")
    data.begin_transaction(**asked)
    cloud.server.stop()
    cloud = start_cloud(home=tmp_path, installs=(postgres.install,))
    asked, rds = named(cloud.clients()), cloud.clients()("rds")
    data = cloud.clients()("rds-data")
    assert data.execute_statement(**asked, sql="SELECT n FROM t")["records"] == [[{"longValue": 42}]]
    rds.delete_db_instance(DBInstanceIdentifier="shop-1", SkipFinalSnapshot=True)
    rds.delete_db_cluster(DBClusterIdentifier="shop", SkipFinalSnapshot=True)
    cloud.server.stop()
    assert not list((tmp_path / "postgres").iterdir())


@pytest.mark.slow
def test_what_was_committed_outlives_kill_9(tmp_path):
    cloud = EmbeddedCloud(tmp_path / "cloud")
    running = cloud.start()
    asked = make(cloud.clients("eu-west-1"))
    cloud.save()
    cloud.clients("eu-west-1")("rds-data").execute_statement(**asked, sql="CREATE TABLE t AS SELECT 42 AS n")
    os.kill(running.pid, signal.SIGKILL)
    cloud.start()
    try:
        data = cloud.clients("eu-west-1")("rds-data")
        assert data.execute_statement(**asked, sql="SELECT n FROM t")["records"] == [[{"longValue": 42}]]
    finally:
        cloud.stop()
