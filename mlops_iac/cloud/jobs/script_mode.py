"""Script mode: how AWS's framework containers start a team's training script, from outside the container."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.core.script_mode import (
    PROGRAM,
    SUBMIT_DIRECTORY,
    arguments,
    channel_configuration,
    resource_configuration,
    variables,
)
from mlops_iac.core.strict_json import read_json

__all__ = [
    "MPI",
    "PROCESSES",
    "PROGRAM",
    "SUBMIT_DIRECTORY",
    "TORCHRUN",
    "arguments",
    "channel_configuration",
    "command",
    "decode",
    "resource_configuration",
    "shown",
    "torchrun",
    "variables",
]


def decode(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Values as the script gets them: JSON where they are JSON, text otherwise."""
    return {name: _decode(value) for name, value in hyperparameters.items()}


TORCHRUN, MPI = "sagemaker_torch_distributed_enabled", "sagemaker_mpi_enabled"
PROCESSES = "sagemaker_mpi_num_of_processes_per_host"
"""Hyperparameters by which a training has several processes."""


def command(program: str, python: str, given: Sequence[str]) -> list[str]:
    """The command for an entry point, which is a Python file or a shell script in the code's folder.

    The toolkit joins the words with blanks and lets a shell read the line, so that values with blanks, quotes or
    ``$(…)`` do here what they do there (process.py, read 2026-11-28).
    """
    if program.endswith(".py"):
        return ["/bin/sh", "-c", " ".join(["exec", python, program, *given])]
    if program.endswith(".sh"):
        # A shell in a shell: the words are quoted for the inner one, and the outer one still reads `$` in them.
        return ["/bin/sh", "-c", f'/bin/sh -c "./{program} {shlex.join(given)}"']
    raise JobFailed(f"AlgorithmError: The entry point `{program}` is neither a .py nor a .sh file.")


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
) -> list[str]:
    """The command of AWS's containers for training by MPI, which the first instance runs (mpi.py of the toolkit, read
    2026-11-29). ``names``: variables that the others get too; ``shell``: what stands for ssh here.

    Left out are options of Open MPI 4 and of NCCL, which has no GPU here.
    """
    places = [host if processes == 1 else f"{host}:{processes}" for host in hosts]
    words = ["exec", "mpirun", "--host", ",".join(places), "-np", str(processes * len(hosts)), "--allow-run-as-root"]
    words += ["--tag-output", "--map-by", "slot", "--bind-to", "none"]
    words += ["--mca", "btl_tcp_if_include", interface, "--mca", "pml", "ob1", "--mca", "btl", "self,tcp"]
    words += ["--prtemca", "plm_ssh_no_tree_spawn", "1", "--leave-session-attached"]
    words += ["--prtemca", "plm_ssh_agent", shlex.quote(shell)]
    for name in sorted({*names, "LD_LIBRARY_PATH", "PATH"}):
        words += ["-x", name]
    return ["/bin/sh", "-c", " ".join([*words, "python", "-m", "mpi4py", program, *given])]


def shown(command: Sequence[str]) -> str:
    """The command as the toolkit names it in a failure: without the shell around it."""
    return command[-1].removeprefix("exec ") if command[:2] == ["/bin/sh", "-c"] else " ".join(command)


def _decode(value: str) -> Any:
    try:
        return read_json(value)
    except ValueError:
        return value
