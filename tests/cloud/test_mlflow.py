"""MLflow apps: a real server, asked as AWS's plug-in asks it, with what was logged still there after a restart."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mlops_iac.cloud import mlflow
from tests.cloud.conftest import REGION, Cloud

pytestmark = pytest.mark.slow

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    ],
}


def make_role(cloud: Cloud, name: str, *statements: dict[str, Any]) -> str:
    iam = cloud.clients()("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    if statements:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    return arn


class Asking:
    """MLflow's REST API with signed requests, as some role or as the owner."""

    def __init__(self, cloud: Cloud, app: str, role: str = "") -> None:
        self.endpoint, self.app = cloud.endpoint, app
        owner = cloud.gateway.token.owner
        self.credentials = Credentials(owner.access_key, owner.secret_key)
        if role:
            got = cloud.clients()("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
            self.credentials = Credentials(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.endpoint}/api/2.0/mlflow/{path}"
        headers = {"x-sm-mlflow-app-arn": self.app, "Content-Type": "application/json"}
        request = AWSRequest(method, url, data=json.dumps(body).encode() if body else b"", headers=headers)
        SigV4Auth(self.credentials, "sagemaker", REGION).add_auth(request)
        sent = urllib.request.Request(url, request.data or None, dict(request.headers), method=method)
        with urllib.request.urlopen(sent, timeout=200) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_what_was_logged_survives_and_only_who_may_asks(start_cloud: Callable[..., Cloud], home: Path) -> None:
    cloud = start_cloud(home, (mlflow.install,))
    cloud.gateway.iam.enforced = True
    s3, sagemaker = cloud.clients()("s3"), cloud.clients()("sagemaker")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    server = make_role(cloud, "server", {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::lake*"})
    arn = sagemaker.create_mlflow_app(Name="tracking", ArtifactStoreUri="s3://lake/mlflow/", RoleArn=server)["Arn"]
    other = sagemaker.create_mlflow_app(Name="other", ArtifactStoreUri="s3://lake/other/", RoleArn=server)["Arn"]
    may = {"Action": "sagemaker:CallMlflowAppApi", "Resource": arn}
    asks = Asking(cloud, arn, make_role(cloud, "tracker", may))

    experiment = asks("POST", "experiments/create", {"name": "screening"})["experiment_id"]
    run = asks("POST", "runs/create", {"experiment_id": experiment, "run_name": "first"})["run"]["info"]
    assert run["artifact_uri"].startswith("s3://lake/mlflow/")
    metric = {"key": "auc", "value": 0.99, "timestamp": 1, "step": 0}
    asks("POST", "runs/log-batch", {"run_id": run["run_id"], "metrics": [metric]})
    key = run["artifact_uri"].removeprefix("s3://lake/") + "/facts.json"
    s3.put_object(Bucket="lake", Key=key, Body=b"{}")
    assert asks("GET", f"artifacts/list?run_id={run['run_id']}")["files"][0]["path"] == "facts.json"

    for role, app in ((make_role(cloud, "nobody"), arn), (make_role(cloud, "elsewhere", may), other)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            Asking(cloud, app, role)("POST", "experiments/search", {"max_results": 1})
        assert refused.value.code in (400, 403)
        assert b"sagemaker:CallMlflowAppApi" in refused.value.read()
    with pytest.raises(urllib.error.HTTPError) as unsigned:
        urllib.request.urlopen(
            urllib.request.Request(f"{cloud.endpoint}/api/2.0/mlflow/x", headers={"x-sm-mlflow-app-arn": arn})
        )
    assert unsigned.value.code == 403
    with pytest.raises(urllib.error.HTTPError, match="400"):
        Asking(cloud, arn[:-1] + "?")("POST", "experiments/search", {"max_results": 1})

    database = next(home.glob("mlflow/*/mlflow.db"))
    assert database.stat().st_mode & 0o077 == 0
    assert cloud.server.status()["mlflow"] == {"apps": 2, "running": 1}
    cloud.server.stop()

    again = start_cloud(home, (mlflow.install,))
    found = Asking(again, arn)("GET", f"runs/get?run_id={run['run_id']}")["run"]
    assert found["data"]["metrics"][0]["value"] == 0.99
    again.clients()("sagemaker").delete_mlflow_app(Arn=arn)
    assert not database.exists()


def test_what_would_do_nothing_is_refused(start_cloud: Callable[..., Cloud]) -> None:
    cloud = start_cloud(None, (mlflow.install,))
    sagemaker = cloud.clients()("sagemaker")
    role = make_role(cloud, "server")
    asked = {"Name": "a", "ArtifactStoreUri": "s3://lake/", "RoleArn": role}
    for more in (
        {"AccountDefaultStatus": "ENABLED"},
        {"ModelRegistrationMode": "AutoModelRegistrationEnabled"},
        {"DefaultDomainIdList": ["d-abc"]},
    ):
        with pytest.raises(Exception, match=r"does not offer|has no Studio"):
            sagemaker.create_mlflow_app(**asked, **more)
    sagemaker.create_mlflow_app(**asked)
    with pytest.raises(Exception, match="already exists"):
        sagemaker.create_mlflow_app(**asked)
