"""Seldon Core, which serves models on Kubernetes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from mlops_iac.external.system import System, Variable


class Seldon(System):
    """The inference service of Seldon Core 2."""

    title: ClassVar = "Seldon"
    offers: ClassVar = "serving"
    client: ClassVar = "seldon, the command of Seldon Core 2"
    source: ClassVar = "https://docs.seldon.ai/seldon-core-2/cli"
    secrets: ClassVar = {}
    located: ClassVar = {"SELDON_INFER_HOST": "{host}:{port}"}
    needs_secret: ClassVar = False
    plain: ClassVar = True

    kind: Literal["seldon"]
    scheduler: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$"), Variable("SELDON_SCHEDULE_HOST")]
        | None
    ) = Field(default=None, description="Host and port of the scheduler. Left out: only predictions are asked for.")
