"""What a thousand runs leave in the embedded cloud: memory, snapshot and the cost of a save, against a hundred.

A run is what a pipeline's run leaves behind, without its jobs' processes: an execution of twelve states, seven jobs'
records and log streams of forty lines, thirty objects of 2 KB. The cloud is in this process, so that memory is its own.

``python -m tests.benchmarks.bench_runs 20 120`` for other numbers of runs.
"""

from __future__ import annotations

import gc
import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mlops_iac.cloud.jobs.records import Records
from mlops_iac.cloud.server import Server
from tests.benchmarks.measure import show
from tests.support.roles import make_mighty_role

FEW, MANY = 100, 1000
REGION = "eu-west-1"
JOBS, LINES, OBJECTS = 7, 40, 30
RUNS_A_SAVE = 5
SHOWN = ("TrainingJobStatus", "Field1", "Field2", "Field3", "Field4")
"""Members, of thirty, that a list of jobs shows."""


def main(few: int = FEW, many: int = MANY) -> None:
    """In steps: what a run adds must not grow with the runs there were."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        cloud, figures = _prepare(server), []
        for begin, end in ((0, few), (few, (few + many) // 2), ((few + many) // 2, many)):
            for number in range(begin, end):
                _run(server, cloud, number)
                if number % RUNS_A_SAVE == 0:
                    server.save()
            figures.append(_figures(server, cloud, end))
        server.stop()
    first, half, last = figures
    per_run = (many - few) / 1000  # KB a run, from MB
    show(f"snapshot after {many:,} runs", last["snapshot"], "MB", f"{first['snapshot']:.2f} after {few}")
    show("  a run adds", (last["snapshot"] - first["snapshot"]) / per_run, "KB")
    for name, words in (("objects", "bodies, histories, logs"), ("database", "entries of the database")):
        show(f"beside it, a run: {words}", (last[name] - first[name]) / per_run, "KB")
    show("CPU of a save after one more run", last["save"], "ms", f"{first['save']:.0f} after {few}")
    show("memory of the process", last["memory"], "MB", f"{first['memory']:.0f} after {few}; its clients are in it")
    show("  a run adds", (last["memory"] - first["memory"]) / per_run, "KB")
    show("  of those in the later half", (last["memory"] - half["memory"]) / per_run * 2, "KB")


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


def _figures(server: Server, cloud: dict[str, Any], number: int) -> dict[str, float]:
    server.save()
    _run(server, cloud, -number)
    before = time.process_time()
    server.save()
    spent = time.process_time() - before
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    home = server.home.path
    return {
        "snapshot": (home / "cloud.snap").stat().st_size / 1e6,
        "database": sum(path.stat().st_size for path in home.glob("cloud.db*")) / 1e6,
        "save": 1000 * spent,
        "memory": resident / 1e6,
        "objects": sum(path.stat().st_size for path in (home / "objects").iterdir()) / 1e6,
    }


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
