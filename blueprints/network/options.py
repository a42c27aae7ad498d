"""What a platform team may say about what teams share. Every option has a default that works."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from mlops_iac.config.section import Section


class NetworkOptions(Section):
    """One network and one key for many environments."""

    runs_code: ClassVar[bool] = False

    cidr_block: Annotated[str, StringConstraints(pattern=r"^[0-9.]+/(1[6-9]|2[0-4])$")] = Field(
        default="10.64.0.0/16",
        description="Addresses of the network, /16 to /24: each job takes one for every machine while it runs.",
        examples=["10.80.0.0/16", "10.96.0.0/20"],
    )
    queues: bool = Field(
        default=False,
        description="Endpoints that machines of Batch queues need. They cost about 90 $ a month, once for all teams.",
    )
