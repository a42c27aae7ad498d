"""What a team may say about files that its containers share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mlops_iac.config.section import Section

MountPath = Annotated[
    str, StringConstraints(pattern=r"^/mnt/[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$", max_length=100)
]


class Files(Section):
    """A folder on Amazon EFS, encrypted, in the environment's network."""

    path: MountPath = Field(
        default="/mnt/shared", description="Where containers see it, below /mnt; MLOPS_IAC_FILES says it to scripts."
    )
    throughput: Literal["elastic", "bursting"] = Field(
        default="elastic",
        description="`elastic` is billed by what is read and written; `bursting` is as much as what lies there earns.",
    )
    backup: bool | None = Field(
        default=None,
        description="Copies of each day, kept for 35 days. Left out: yes, but under the profile sandbox.",
    )
