"""Script mode: what AWS's framework containers tell a team's training script, as data.

Follows the behaviour of the sagemaker-training toolkit (github.com/aws/sagemaker-training-toolkit, read 2026-11-21):
hyperparameters (given here as JSON made them) named ``sagemaker_*`` steer the container and are kept from the
script, the others become ``SM_HP_*`` variables and, sorted by name, arguments.

This file also travels with a team's code, for jobs outside SageMaker: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

PROGRAM, SUBMIT_DIRECTORY = "sagemaker_program", "sagemaker_submit_directory"
OF_THE_TOOLKIT = (
    PROGRAM,
    SUBMIT_DIRECTORY,
    "sagemaker_container_log_level",
    "sagemaker_job_name",
    "sagemaker_region",
    "sagemaker_s3_output",
)
"""Its own. What else begins with ``sagemaker_`` is for launchers, and told as ``SM_FRAMEWORK_PARAMS``."""

TORCHRUN, MPI = "sagemaker_torch_distributed_enabled", "sagemaker_mpi_enabled"
PROCESSES = "sagemaker_mpi_num_of_processes_per_host"
"""Hyperparameters by which a training has several processes."""

MOST_INSTANCES = 16
"""Of one training on the embedded cloud: each is a whole training on this machine."""


def host_name(number: int) -> str:
    """What the instances of a job are called; the first has number 0."""
    return f"algo-{number + 1}"


def user_hyperparameters(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in sorted(hyperparameters.items())
        if not name.startswith("sagemaker_") and name not in ("default_user_module_name", "_tuning_objective_metric")
    }


def arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """``--name value``, sorted by name; a name of one letter becomes ``-n value``, as in AWS's containers."""
    found: list[str] = []
    for name, value in user_hyperparameters(hyperparameters).items():
        found += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(value)]
    return found


def variables(
    *,
    job: str,
    hyperparameters: Mapping[str, Any],
    channels: Mapping[str, Mapping[str, Any]],
    resources: Mapping[str, Any],
    submit_directory: str,
    path: Any,
    gpus: int = 0,
) -> dict[str, str]:
    """The ``SM_*`` variables. ``path`` turns /opt/ml/… into what the job can open; ``gpus``: how many it sees."""
    program = str(hyperparameters.get(PROGRAM, ""))
    own = user_hyperparameters(hyperparameters)
    folders = {name: path(f"/opt/ml/input/data/{name}") for name in sorted(channels)}
    environment: dict[str, Any] = {
        "hosts": resources["hosts"],
        "current_host": resources["current_host"],
        "current_instance_type": resources["current_instance_type"],
        "current_instance_group": resources["current_group_name"],
        "current_instance_group_hosts": resources["hosts"],
        "instance_groups": [resources["current_group_name"]],
        "network_interface_name": resources["network_interface_name"],
        "hps": own,
        "user_entry_point": program,
        "framework_params": {
            name: value
            for name, value in sorted(hyperparameters.items())
            if name.startswith("sagemaker_") and name not in OF_THE_TOOLKIT
        },
        "resource_config": resources,
        "input_data_config": channels,
        "channels": list(folders),
        "module_name": program[:-3] if program.endswith(".py") else program,
        "module_dir": submit_directory,
        "log_level": 20,
        "input_dir": path("/opt/ml/input"),
        "input_config_dir": path("/opt/ml/input/config"),
        "output_dir": path("/opt/ml/output"),
        "output_data_dir": path("/opt/ml/output/data"),
        "output_intermediate_dir": path("/opt/ml/output/intermediate"),
        "model_dir": path("/opt/ml/model"),
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": gpus,
        "num_neurons": 0,
        "is_hetero": False,
        "user_args": arguments(hyperparameters),
    }
    training = {
        **environment,
        "job_name": job,
        "channel_input_dirs": folders,
        "hyperparameters": own,
        "is_master": resources["current_host"] == resources["hosts"][0],
        "master_hostname": resources["hosts"][0],
    }
    named: dict[str, Any] = {**environment, "training_env": training}
    named |= {f"channel_{name}": folder for name, folder in folders.items()}
    named |= {f"hp_{name}": value for name, value in own.items()}
    return {f"SM_{name.upper()}": _variable(value) for name, value in named.items()}


def channel_configuration(channels: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """``inputdataconfig.json``."""
    return {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", "File"),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
        }
        for channel in channels
    }


def resource_configuration(
    instance_type: str, number: int = 0, count: int = 1, interface: str = "lo"
) -> dict[str, Any]:
    """``resourceconfig.json`` of one of a job's instances; the first has number 0. Hosts are sorted as AWS sorts them:
    ``algo-10`` before ``algo-2``."""
    group, hosts = "homogeneousCluster", sorted(host_name(each) for each in range(count))
    return {
        "current_host": host_name(number),
        "current_instance_type": instance_type,
        "current_group_name": group,
        "hosts": hosts,
        "instance_groups": [{"instance_group_name": group, "instance_type": instance_type, "hosts": hosts}],
        "network_interface_name": interface,
    }


def torchrun(
    program: str, given: Sequence[str], processes: int, hosts: Sequence[str], host: str, master: tuple[str, int]
) -> list[str]:
    """The command of AWS's containers for PyTorch's distributed training: ``processes`` on each of the hosts.

    ``master``: address and port where all of them meet (torch_distributed.py of the toolkit, read 2026-11-29).
    """
    words = ["exec", "torchrun", "--nnodes", str(len(hosts)), "--nproc_per_node", str(processes)]
    if len(hosts) > 1:
        address, port = master
        rank = sorted(hosts).index(host)
        words += ["--master_addr", address, "--master_port", str(port), "--node_rank", str(rank)]
    return ["/bin/sh", "-c", " ".join([*words, program, *given])]


def mpirun(
    program: str,
    given: Sequence[str],
    processes: int,
    hosts: Sequence[str],
    interface: str,
    names: Sequence[str],
    shell: str,
    version: int = 5,
) -> list[str]:
    """The command of AWS's containers for training by MPI, which the first instance runs (mpi.py of the toolkit, read
    2026-11-29). ``names``: variables that the others get too; ``shell``: what reaches the others, as ssh does;
    ``version``: of Open MPI, whose daemons have other options since 5.

    Left out are options of NCCL, which finds its own way.
    """
    places = [host if processes == 1 else f"{host}:{processes}" for host in hosts]
    words = ["exec", "mpirun", "--host", ",".join(places), "-np", str(processes * len(hosts)), "--allow-run-as-root"]
    words += ["--tag-output", "--map-by", "slot", "--bind-to", "none"]
    words += ["--mca", "btl_tcp_if_include", interface, "--mca", "pml", "ob1", "--mca", "btl", "self,tcp"]
    option, agent = ("--prtemca", "plm_ssh") if version >= 5 else ("--mca", "plm_rsh")
    words += [option, f"{agent}_no_tree_spawn", "1", "--leave-session-attached"]
    words += [option, f"{agent}_agent", shlex.quote(shell)]
    for name in sorted({*names, "LD_LIBRARY_PATH", "PATH"}):
        words += ["-x", name]
    return ["/bin/sh", "-c", " ".join([*words, "python", "-m", "mpi4py", program, *given])]


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={item}" for name, item in sorted(value.items()))
    return "" if value is None else str(value)


def _variable(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
