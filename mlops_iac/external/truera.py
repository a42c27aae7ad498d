"""TruEra, which looks at the quality of models."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops_iac.external.system import System


class Truera(System):
    """A deployment of TruEra. Its client reads no variables: a script passes these two on."""

    title: ClassVar = "TruEra"
    offers: ClassVar = "monitoring"
    client: ClassVar = "none: a script gives them to `TrueraWorkspace(url, TokenAuthentication(token))` of truera"
    source: ClassVar = "truera/client/truera_workspace.py of truera 12.6.1, which reads none"
    secrets: ClassVar = {"TRUERA_TOKEN": "token"}
    located: ClassVar = {"TRUERA_URL": "{url}"}

    kind: Literal["truera"]
