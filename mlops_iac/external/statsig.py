"""Statsig, which runs experiments on people who use a product."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops_iac.external.system import System


class Statsig(System):
    """A project of Statsig. Its client reads no variables: a script passes the key on."""

    title: ClassVar = "Statsig"
    offers: ClassVar = "experiments"
    client: ClassVar = "none: a script gives it to `Statsig(key)` of statsig-python-core"
    source: ClassVar = (
        "https://docs.statsig.com/server-core/python-core, and statsig-python-core 0.24.2, which reads none"
    )
    secrets: ClassVar = {"STATSIG_SERVER_SECRET_KEY": "server_secret"}
    usual_address: ClassVar = "https://api.statsig.com"

    kind: Literal["statsig"]
