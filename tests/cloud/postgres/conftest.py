"""A cluster of Aurora PostgreSQL on an embedded cloud, and who asks it."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.cloud import postgres


def make(clients: Any, **more: Any) -> dict[str, Any]:
    """A cluster with an instance; its ARN and its secret's are what each call of the Data API names."""
    rds = clients("rds")
    asked = {
        "DBClusterIdentifier": "shop",
        "Engine": "aurora-postgresql",
        "EngineVersion": "16.6",
        "MasterUsername": "shop_admin",
        "ManageMasterUserPassword": True,
        "DatabaseName": "shop",
        "EnableHttpEndpoint": True,
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0, "MaxCapacity": 2},
        **more,
    }
    rds.create_db_cluster(**asked)
    rds.create_db_instance(
        DBInstanceIdentifier="shop-1",
        DBClusterIdentifier="shop",
        Engine="aurora-postgresql",
        DBInstanceClass="db.serverless",
    )
    return named(clients)


def named(clients: Any) -> dict[str, Any]:
    cluster = clients("rds").describe_db_clusters(DBClusterIdentifier="shop")["DBClusters"][0]
    return {"resourceArn": cluster["DBClusterArn"], "secretArn": cluster["MasterUserSecret"]["SecretArn"]}


@pytest.fixture(scope="module")
def installs():
    return (postgres.install,)


@pytest.fixture(scope="module")
def cluster(cloud) -> dict[str, Any]:
    return make(cloud.clients())


@pytest.fixture(scope="module")
def data(cloud) -> Any:
    return cloud.clients()("rds-data")
