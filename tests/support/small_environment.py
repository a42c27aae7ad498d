"""An environment on moto, in this process: what runs need of one, without an engine or a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Endpoint, Environment, Parameter, Pipeline, Registry, Step, Store
from tests.support.moto_world import moto_world

REGION = "eu-west-1"
ACCOUNT = "123456789012"
KINDS = {
    "validate": "processing",
    "prepare": "processing",
    "train": "training",
    "evaluate": "processing",
    "gate": "gate",
    "register": "register",
    "deploy": "deploy",
}
JOB = {"processing": {"job": "processing", "name_limit": 63}, "training": {"job": "training", "name_limit": 63}}
FACTS: dict[str, dict[str, Any]] = {
    **{name: JOB[kind] for name, kind in KINDS.items() if kind in JOB},
    "gate": {
        "conditions": [
            {
                "evaluation": "models/{run}/evaluation/evaluation.json",
                "metric": "auc",
                "direction": "at_least",
                "parameter": "gate_at_least",
            }
        ],
    },
    "register": {"registry": "main"},
    "deploy": {"endpoint": "main", "name_limit": 63},
}
PARAMETERS = {
    "data": Parameter(type="prefix", default="raw/"),
    "hyperparameters": Parameter(type="strings", default={"C": "1.0"}),
    "gate_at_least": Parameter(type="number", default=0.97),
}
SCRIPTS = {"validate": "validate.py", "prepare": "prepare.py", "train": "train.py", "evaluate": "evaluate.py"}


def make_environment(team: str = "screening", environment: str = "dev", **pipeline: Any) -> Environment:
    stack = f"{team}-{environment}"
    training = Pipeline(
        **{
            "name": "training",
            "target": "step-functions",
            "handle": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{stack}-training",
            "framework": "sklearn",
            "framework_version": "1.4-2",
            "code": "examples/screening",
            "code_prefix": "code/",
            "scripts": SCRIPTS,
            "parameters": PARAMETERS,
            "steps": tuple(Step(name=name, kind=kind, facts=FACTS[name]) for name, kind in KINDS.items()),
            **pipeline,
        }
    )
    return Environment(
        team=team,
        environment=environment,
        blueprint="tabular-batch",
        region=REGION,
        account_id=ACCOUNT,
        stores={
            "lake": Store(
                bucket=f"{stack}-lake",
                zones={zone: f"{zone}/" for zone in ("raw", "curated", "features", "models")},
                key_arn=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000",
            )
        },
        pipelines={"training": training},
        endpoints={"main": Endpoint(name=f"{stack}-endpoint", flavour="serverless")},
        registries={"main": Registry(model_package_group=f"{stack}-models", repository_url="")},
    )


@contextmanager
def moto_clients(*, embedded: bool = True, execute: bool = False) -> Iterator[Clients]:
    """Clients of a moto in this process. ``execute`` makes state machines really run."""
    import boto3

    with moto_world(execute=execute):
        session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)
        yield Clients(
            region=REGION,
            endpoint="http://127.0.0.1:1" if embedded else None,
            make=session.client,
            account_id=lambda: ACCOUNT,
        )


def make_lake(environment: Environment, clients: Clients) -> None:
    location = {"LocationConstraint": REGION}
    clients("s3").create_bucket(Bucket=environment.lake.bucket, CreateBucketConfiguration=location)
    versioning = {"Status": "Enabled"}
    clients("s3").put_bucket_versioning(Bucket=environment.lake.bucket, VersioningConfiguration=versioning)


def make_state_machine(environment: Environment, clients: Clients, states: dict[str, Any]) -> None:
    """The pipeline's machine with other states: the first one is where it starts."""
    name = environment.pipelines["training"].handle.rsplit(":", 1)[1]
    clients("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps({"StartAt": next(iter(states)), "States": states}),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/flow",
    )
