"""What a warehouse was told to keep is there whatever ends the process, and goes with its namespace."""

from __future__ import annotations

import os
import signal

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import warehouse
from mlops_iac.cloud.process import EmbeddedCloud
from tests.cloud.warehouse.conftest import values, wait


def make(clients):
    client = clients("redshift-serverless")
    client.create_namespace(namespaceName="shop", dbName="shop")
    client.create_workgroup(workgroupName="shop", namespaceName="shop", baseCapacity=8)


def ask(clients, sql):
    data = clients("redshift-data")
    id = data.execute_statement(WorkgroupName="shop", Sql=sql)["Id"]
    told = wait(data, id)
    assert told["Status"] == "FINISHED", told
    return values(data, id) if told["HasResultSet"] else None


def test_tables_rights_and_answers_outlive_a_restart(start_cloud, tmp_path):
    cloud = start_cloud(home=tmp_path, installs=(warehouse.install,))
    make(cloud.clients())
    ask(cloud.clients(), "CREATE TABLE t AS SELECT 42 AS n")
    data = cloud.clients()("redshift-data")
    id = data.execute_statement(WorkgroupName="shop", Sql="SELECT n FROM t")["Id"]
    wait(data, id)
    cloud.server.stop()
    cloud = start_cloud(home=tmp_path, installs=(warehouse.install,))
    assert values(cloud.clients()("redshift-data"), id) == [[42]]
    assert ask(cloud.clients(), "SELECT n FROM t") == [[42]]
    client = cloud.clients()("redshift-serverless")
    with pytest.raises(ClientError, match="is used by the workgroup shop"):
        client.delete_namespace(namespaceName="shop")
    client.delete_workgroup(workgroupName="shop")
    client.delete_namespace(namespaceName="shop")
    cloud.server.stop()
    assert not list((tmp_path / "warehouse").glob("*.duckdb*"))


@pytest.mark.slow
def test_what_a_statement_did_outlives_kill_9(tmp_path):
    cloud = EmbeddedCloud(tmp_path / "cloud")
    running = cloud.start()
    make(cloud.clients("eu-west-1"))
    cloud.save()
    ask(cloud.clients("eu-west-1"), "CREATE TABLE t AS SELECT 42 AS n")
    os.kill(running.pid, signal.SIGKILL)
    cloud.start()
    try:
        assert ask(cloud.clients("eu-west-1"), "SELECT n FROM t") == [[42]]
    finally:
        cloud.stop()
