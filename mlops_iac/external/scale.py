"""Scale, where people label data."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops_iac.external.system import System


class Scale(System):
    """Scale's Nucleus and its tasks. `scaleapi`, its client for tasks, reads no variable: a script gives it one."""

    title: ClassVar = "Scale"
    offers: ClassVar = "labelling"
    client: ClassVar = "scale-nucleus (`NucleusClient()`)"
    source: ClassVar = "https://nucleus.scale.com/docs, and nucleus/__init__.py of scale-nucleus 0.22.3"
    secrets: ClassVar = {"NUCLEUS_API_KEY": "api_key"}
    usual_address: ClassVar = "https://api.scale.com"

    kind: Literal["scale"]
