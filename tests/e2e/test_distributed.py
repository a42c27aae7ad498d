"""Trainings of several instances as a team writes them: real PyTorch by torchrun, and Ray.

PyTorch's environment takes minutes to build where the cache lacks it, so these run at night; what the processes of
several instances are told is held by ``tests/cloud/jobs/test_sagemaker_instances.py`` every time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import get_framework
from tests.support.tiny_environment import tiny_environment

pytestmark = pytest.mark.nightly

FRAMEWORK = """
framework: {name: pytorch, version: 2.6.0}
"""
TRAINING = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  train:
    kind: training
    script: train.py
    channels: {train: parameters.data}
    distributed: LAUNCHER
    job: {instance_count: 2, max_minutes: 10}
  look:
    kind: processing
    script: look.py
    inputs: {model: train.model}
    outputs: {report: {zone: models, folder: report}}
"""
LOOK = """
    import json, pathlib, tarfile
    with tarfile.open("/opt/ml/processing/input/model/model.tar.gz") as archive:
        print("look:", json.load(archive.extractfile("model.json")))
    pathlib.Path("/opt/ml/processing/output/report").mkdir(parents=True, exist_ok=True)
    pathlib.Path("/opt/ml/processing/output/report/r.txt").write_text("seen")
"""
DDP = """
    import json, os, pathlib
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel
    dist.init_process_group("gloo")
    torch.manual_seed(0)
    model = DistributedDataParallel(torch.nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    x = torch.arange(8.0).reshape(-1, 1)[dist.get_rank()::dist.get_world_size()] / 8
    for _ in range(400):
        optimizer.zero_grad()
        loss = ((model(x) - 2 * x - 1) ** 2).mean()
        loss.backward()
        optimizer.step()
    seen = [None] * dist.get_world_size()
    weight = round(float(model.module.weight), 2)
    dist.all_gather_object(seen, [os.environ["SM_CURRENT_HOST"], os.environ["MASTER_ADDR"], weight])
    if dist.get_rank() == 0:
        found = {"world": dist.get_world_size(), "hosts": sorted({host for host, _, _ in seen}),
                 "master": sorted({master for _, master, _ in seen}), "same": len({w for _, _, w in seen}) == 1}
        pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps(found))
    dist.destroy_process_group()
"""
ON_RAY = """
    import json, os, pathlib, socket
    import ray
    ray.init()
    @ray.remote(num_cpus=1, scheduling_strategy="SPREAD")
    def where(number):
        import time
        time.sleep(0.5)
        return socket.gethostname()
    hosts = ray.get([where.remote(number) for number in range(8)])
    nodes = sum(node["Alive"] for node in ray.nodes())
    found = {"nodes": nodes, "hosts": sorted(set(hosts)), "here": os.environ["SM_CURRENT_HOST"]}
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps(found))
"""


def test_ddp_trains_on_two_instances_of_two_processes(tmp_path: Path) -> None:
    framework_environment(get_framework("pytorch", "2.6.0"))  # minutes; a run would be waited for less long
    launcher = "{launcher: torchrun, processes: 2}"
    files = {"spread": TRAINING.replace("LAUNCHER", launcher)}
    with tiny_environment(tmp_path / "project", "step-functions", files, options=FRAMEWORK) as project:
        project.write("train.py", DDP)
        project.write("look.py", LOOK)
        project.run("run", "tiny-dev", "spread", "--follow")
        told = project.run("logs", "tiny-dev", "last", "look")
    assert "'world': 4, 'hosts': ['algo-1', 'algo-2'], 'master': ['algo-1'], 'same': True" in told


def test_ray_works_on_both_instances(tmp_path: Path) -> None:
    files = {"spread": TRAINING.replace("LAUNCHER", "ray")}
    with tiny_environment(tmp_path / "project", "step-functions", files) as project:
        project.write("train.py", ON_RAY)
        project.write("look.py", LOOK)
        (project.folder / "examples/tiny/requirements.txt").write_text("ray==2.51.1\n")
        project.run("run", "tiny-dev", "spread", "--follow")
        told = project.run("logs", "tiny-dev", "last", "look")
    assert "'nodes': 2, 'hosts': ['algo-1', 'algo-2'], 'here': 'algo-1'" in told
