"""What a team may say about a metaflow-platform environment. Every option has a default that works."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.queue_options import Machines, Pool
from mlops_iac.blueprints.parts.run_options import Framework
from mlops_iac.blueprints.parts.training_options import ScriptName

FlowName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]


class MetaflowPlatformOptions(FoundationOptions):
    """Run a team's own Metaflow flows."""

    framework: Framework = Field(
        default=Framework(), description="The framework your flows are written for: its image is what tasks run in."
    )
    flows: dict[FlowName, ScriptName] = Field(
        default={"training": "flow.py"},
        min_length=1,
        max_length=20,
        description="Your flows, by the names that `run` knows them by: the file of each in the code folder.",
    )
    cpu: Machines = Field(
        default=Machines(instance_types=("m5", "c5")), description="The queue `cpu`, for tasks that name no other."
    )
    gpu: Machines | None = Field(default=None, description="The queue `gpu`. Left out: there is none.")

    @property
    def pools(self) -> dict[str, Pool]:
        """By the names of their queues. What a container shares is Metaflow's to say, in its decorators."""
        return {name: Pool(**machines.model_dump()) for name, machines in self.pools_by_place.items()}

    @property
    def pools_by_place(self) -> dict[str, Machines]:
        """By where a stack file says them, below ``options``."""
        return {"cpu": self.cpu} | ({"gpu": self.gpu} if self.gpu else {})
