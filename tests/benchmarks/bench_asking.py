"""What a person waits for who asks about a thousand runs: `runs`, `runs --metric`, `models`, `lineage`, by the command.

The runs are executions of a state machine with one state, each with an evaluation and a version in the registry. Their
cloud is in this process, the command is a process of its own.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mlops_iac.cloud import address
from mlops_iac.cloud.home import RECORD
from mlops_iac.cloud.server import Server
from mlops_iac.core.environment import Environment
from mlops_iac.runs.names import make_run_id
from tests.benchmarks.measure import measure, show
from tests.cli.conftest import write_stack
from tests.conftest import make_project
from tests.support.roles import make_mighty_role
from tests.support.small_environment import make_environment, make_lake, make_state_machine

MANY = 1000
TURNS = 5
LIMIT = 0.5
"""Seconds that each may take."""


def main() -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_project(root)
        os.environ["MLOPS_IAC_CACHE"] = str(root / "cache")
        home = root / ".mlops-iac/cloud"
        home.mkdir(parents=True, mode=0o700)
        server = Server(home)
        address.write(home / RECORD, server.start(), iam=True)
        environment = make_environment()
        write_stack(root, environment)
        newest = _fill(server, environment)
        for words in (
            ("runs", environment.stack),
            ("runs", environment.stack, "--metric", "auc>=0.9", "--sort", "auc", "--limit", "1000"),
            ("runs", "show", environment.stack, newest[:11]),
            ("models", environment.stack),
            ("lineage", environment.stack, str(MANY)),
            ("lineage", environment.stack, newest),
        ):
            command = [sys.executable, "-m", "mlops_iac.cli.main", *words]
            used, clouds = [], []
            for _ in range(TURNS):
                before = time.process_time()
                used.append(measure(command, cwd=root))
                clouds.append(time.process_time() - before)
            best = min(one.wall for one in used)
            show(" ".join(words[:4]), best, "s", f"must be at most {LIMIT:.2f}; the first time {used[0].wall:.2f}")
            show("  CPU: of the command, and of the cloud", min(one.cpu for one in used), "s", f"{min(clouds):.2f} s")
        server.stop()


def _fill(server: Server, environment: Environment) -> str:
    """A thousand runs, one every half hour; answers the newest."""
    clients = server.gateway.clients(environment.region)
    make_lake(environment, clients)
    make_mighty_role(clients, "flow", "states")
    make_state_machine(environment, clients, {"Done": {"Type": "Succeed"}})
    group = environment.registries["main"].model_package_group
    clients("sagemaker").create_model_package_group(ModelPackageGroupName=group)
    handle, bucket, run = environment.pipelines["training"].handle, environment.lake.bucket, ""
    for number in range(MANY):
        run = make_run_id(datetime.now(UTC) - timedelta(minutes=30 * (MANY - number)))
        arn = clients("stepfunctions").start_execution(
            stateMachineArn=handle,
            name=f"{environment.stack}-{run}",
            input=json.dumps({"run": run, "code": {"sha": "0123456789abcdef"}, "parameters": {"data": "raw/"}}),
        )["executionArn"]
        key = f"models/{run}/evaluation/evaluation.json"
        body = json.dumps({"metrics": {"auc": 0.8 + number / 5000}})
        clients("s3").put_object(Bucket=bucket, Key=key, Body=body)
        statistics = {"ContentType": "application/json", "S3Uri": f"s3://{bucket}/{key}"}
        container = {"Image": "image:1", "ModelDataUrl": f"s3://{bucket}/models/{run}/model.tar.gz"}
        kinds = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
        clients("sagemaker").create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus="Approved",
            InferenceSpecification={"Containers": [container], **kinds},
            ModelMetrics={"ModelQuality": {"Statistics": statistics}},
            CustomerMetadataProperties={"run": run, "code": "0123456789abcdef"},
        )
        while clients("stepfunctions").describe_execution(executionArn=arn)["status"] == "RUNNING":
            time.sleep(0.005)
    return run


if __name__ == "__main__":
    main()
