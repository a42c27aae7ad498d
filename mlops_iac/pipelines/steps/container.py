"""A step that runs a program of any container image over folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from mlops_iac.pipelines.steps.folders import FoldersStep
from mlops_iac.pipelines.steps.step import KeyOf, Machines

OWN = "own:"
"""What stands for the environment's own repository."""

Image = Annotated[
    str,
    StringConstraints(
        pattern=r"^(own:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
        r"|\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*[:@][A-Za-z0-9._:-]+)$",
        max_length=255,
    ),
]


class ContainerStep(FoldersStep):
    """The program finds and leaves folders as a processing step's script does; the team's code does not travel. On the
    embedded cloud the image must be one of AWS's framework images."""

    kind: ClassVar[str] = "container"

    image: Image
    """``own:TAG`` in the environment's own repository, or an image in ECR by its whole name, such as one of AWS's."""
    command: tuple[Annotated[str, StringConstraints(max_length=256)], ...] = Field(min_length=1, max_length=100)
    """The program and its first arguments; `arguments` follow."""

    def jobs(self) -> Iterator[Machines]:
        yield self.machines

    def images(self) -> Iterator[str]:
        yield self.image

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"job": "processing", "name_limit": self.name_limit, "settings": self.job.settings}
