"""What a thousand runs leave in the embedded cloud: memory, snapshot and the cost of a save, against a hundred.

A run is what a pipeline's run leaves behind, without its jobs' processes: an execution of twelve states, seven jobs'
records and log streams of forty lines, thirty objects of 2 KB. The cloud is in this process, so that memory is its own.
"""

from __future__ import annotations

import gc
import json
import logging
import tempfile
import time
from pathlib import Path
from typing import Any

from mlops_iac.cloud import snapshot
from mlops_iac.cloud.jobs.records import Records
from mlops_iac.cloud.server import Server
from tests.benchmarks.measure import show
from tests.support.roles import make_mighty_role

FEW, MANY = 100, 1000
REGION = "eu-west-1"
JOBS, LINES, OBJECTS = 7, 40, 30
SHOWN = ("TrainingJobStatus", "Field1", "Field2", "Field3", "Field4")
"""Members, of thirty, that a list of jobs shows."""


def main() -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        cloud = _prepare(server)
        for number in range(FEW):
            _run(server, cloud, number)
        few = _figures(server)
        for number in range(FEW, MANY):
            _run(server, cloud, number)
        many = _figures(server)
        server.stop()
    per_run = (MANY - FEW) / 1000  # KB a run, from MB
    show(f"snapshot after {MANY:,} runs", many["snapshot"], "MB", f"{few['snapshot']:.2f} after {FEW}")
    show("  a run adds", (many["snapshot"] - few["snapshot"]) / per_run, "KB")
    show("written beside it, once, a run", (many["objects"] - few["objects"]) / per_run, "KB")
    show("CPU of a save", many["save"], "ms", f"{few['save']:.0f} after {FEW}")
    show("memory: a run adds", (many["memory"] - few["memory"]) / per_run, "KB")


def _prepare(server: Server) -> dict[str, Any]:
    clients = server.gateway.clients(REGION)
    make_mighty_role(clients, "runner", "states")
    clients("s3").create_bucket(Bucket="bench-lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    clients("logs").create_log_group(logGroupName="jobs")
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(12)} | {"S12": {"Type": "Succeed"}}
    machine = clients("stepfunctions").create_state_machine(
        name="bench",
        roleArn="arn:aws:iam::123456789012:role/runner",
        definition=json.dumps({"StartAt": "S0", "States": states}),
    )["stateMachineArn"]
    return {"clients": clients, "machine": machine, "records": Records(server.gateway, "jobs")}


def _run(server: Server, cloud: dict[str, Any], number: int) -> None:
    clients, name = cloud["clients"], f"run-{number:05}"
    document = json.dumps({"run": name, "parameters": {f"parameter-{n}": "value" * 20 for n in range(10)}})
    arn = clients("stepfunctions").start_execution(stateMachineArn=cloud["machine"], name=name, input=document)
    while clients("stepfunctions").describe_execution(executionArn=arn["executionArn"])["status"] == "RUNNING":
        time.sleep(0.01)
    for job in range(JOBS):
        key = ("training-job", "123456789012", REGION, f"{name}-{job}")
        record = {f"Field{n}": {"Value": f"{name} {n}" * 5} for n in range(30)}
        cloud["records"].add(key, record, arn=f"arn:aws:sagemaker:::training-job/{name}-{job}")
        cloud["records"].change(key, TrainingJobStatus="Completed")
        cloud["records"].put_away(key, SHOWN)
        clients("logs").create_log_stream(logGroupName="jobs", logStreamName=f"{name}-{job}")
        clients("logs").put_log_events(
            logGroupName="jobs",
            logStreamName=f"{name}-{job}",
            logEvents=[
                {"timestamp": int(time.time() * 1000), "message": f"{name} line {n} " * 5} for n in range(LINES)
            ],
        )
    for n in range(OBJECTS):
        clients("s3").put_object(Bucket="bench-lake", Key=f"models/{name}/{n}", Body=name.encode() * 200)


def _figures(server: Server) -> dict[str, float]:
    server.gateway.touch()
    server.save()
    gc.collect()
    before = time.process_time()
    with server.gateway.locked():
        dumped = snapshot.dump(server.gateway.store)
    spent = time.process_time() - before
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    objects = sum(path.stat().st_size for path in (server.home.path / "objects").iterdir())
    return {
        "snapshot": len(dumped.content) / 1e6,
        "save": 1000 * spent,
        "memory": resident / 1e6,
        "objects": objects / 1e6,
    }


if __name__ == "__main__":
    main()
