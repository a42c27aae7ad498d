"""RDS: the Data API of clusters that are not of the first Serverless, and passwords that are secrets."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from mlops_iac.core.strict_json import read_json

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    gateway.when_used("rds", _patch)


def _patch() -> None:
    from moto.rds.models import DBCluster, MasterUserSecret

    def set_endpoint(cluster: Any, wanted: bool | None) -> None:
        """Aurora PostgreSQL has a Data API in the engine mode ``provisioned`` too, which Serverless v2 is; moto knows
        Serverless v1's only."""
        cluster._enable_http_endpoint = bool(wanted) and cluster.engine == "aurora-postgresql"

    def secret_string(secret: Any) -> str:
        """moto's is the same for everybody."""
        return json.dumps({"username": secret.resource.master_username, "password": secrets.token_urlsafe(32)})

    DBCluster.enable_http_endpoint = DBCluster.enable_http_endpoint.setter(set_endpoint)
    MasterUserSecret._generate_secret_string = secret_string


def master_password(account: str, region: str, arn: str) -> str | None:
    """What a cluster's master signs in with. The caller holds the gateway's lock."""
    from moto.rds.models import rds_backends
    from moto.secretsmanager.models import secretsmanager_backends

    clusters = rds_backends[account][region].clusters.values()
    cluster = next((each for each in clusters if each.db_cluster_arn == arn), None)
    if cluster is None:
        return None
    if not cluster.manage_master_user_password:
        return str(cluster._master_user_password)
    known = secretsmanager_backends[account][region].secrets.values()
    secret = next((each for each in known if each.arn == cluster.master_user_secret.secret.arn), None)
    if secret is None:
        return None
    return str(read_json(secret.versions[secret.default_version_id]["secret_string"])["password"])
