"""Where one node of a multi-node parallel job is: its address, its name, what Batch tells it of the others.

https://docs.aws.amazon.com/batch/latest/userguide/mnp-env-vars.html
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlops_iac.cloud.jobs.cluster import Place
from mlops_iac.cloud.jobs.mounts import Bind

if TYPE_CHECKING:
    from mlops_iac.cloud.jobs.environments import PythonEnvironment
    from mlops_iac.cloud.jobs.workspace import Workspace

_HOSTS: Final = Path("/etc/hosts")
_SHELL: Final = Path(__file__).with_name("remote_shell.py")
_ALONE: Final = "127.0.0.1"
"""Where all nodes are on a machine that gives them no names."""


@dataclass(frozen=True)
class Seat:
    """Of node ``number`` among those at one place."""

    at: Place
    number: int
    main: int

    @property
    def plug(self) -> tuple[int, str] | None:
        return (self.at.bridge, self.at.address(self.number)) if self.at.bridge else None

    @property
    def hostname(self) -> str:
        """As EC2 names a machine by its address."""
        return f"ip-{self.at.address(self.number).replace('.', '-')}"

    def shown(self, workspace: Workspace) -> list[Bind]:
        """A container's own file of names, which it may write in: it knows itself, and nobody else."""
        if not _has_names(workspace):
            return []
        file = workspace.aside / "hosts"
        own = f"{self.at.address(self.number)}\t{self.hostname}"
        file.write_text(f"127.0.0.1\tlocalhost\n::1\tlocalhost\n{own}\n", encoding="utf-8")
        return [(str(file), str(_HOSTS), "rw")]

    def variables(self, workspace: Workspace, environment: PythonEnvironment) -> dict[str, str]:
        """What Batch tells a node, and what only nodes on one machine need to be told."""
        named = _has_names(workspace)
        main = self.at.address(self.main) if named else _ALONE
        found = {
            "AWS_BATCH_JOB_MAIN_NODE_INDEX": str(self.main),
            "AWS_BATCH_JOB_NODE_INDEX": str(self.number),
            "AWS_BATCH_JOB_NUM_NODES": str(self.at.count),
            "LD_LIBRARY_PATH": environment.libraries,
            "MLOPS_IAC_MASTER_PORT": str(self.at.master_port),
            **self._remote_shell(workspace, self.at.address(self.number) if named else _ALONE),
        }
        if not named:
            found["MLOPS_IAC_NODE_ADDRESS"] = _ALONE
        if self.number != self.main:
            found["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"] = main
        return found

    def _remote_shell(self, workspace: Workspace, address: str) -> Mapping[str, str]:
        """What stands for ssh, and for its daemon."""
        view, port = workspace.view, self.at.master_port + 1
        shutil.copy(_SHELL, view.root / "home" / _SHELL.name)
        python = f"python3 -I {view.home}/{_SHELL.name}"
        return {"MLOPS_IAC_SSHD": f"{python} serve {address} {port}", "MLOPS_IAC_SSH": f"{python} {port}"}


def _has_names(workspace: Workspace) -> bool:
    return workspace.view.private and _HOSTS.exists()
