"""Grafana, which draws metrics."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops_iac.external.system import System, Variable


class Grafana(System):
    """A server of Grafana, or a stack in Grafana's cloud."""

    title: ClassVar = "Grafana"
    offers: ClassVar = "dashboards"
    client: ClassVar = "grafanactl"
    source: ClassVar = "https://grafana.github.io/grafanactl/reference/environment-variables"
    secrets: ClassVar = {"GRAFANA_TOKEN": "token"}
    located: ClassVar = {"GRAFANA_SERVER": "{url}"}
    plain: ClassVar = True

    kind: Literal["grafana"]
    org_id: Annotated[int, Variable("GRAFANA_ORG_ID")] | None = Field(
        default=None, ge=1, description="The organisation, on a server of one's own. Left out: the token's."
    )
    stack_id: Annotated[int, Variable("GRAFANA_STACK_ID")] | None = Field(
        default=None, ge=1, description="The stack, in Grafana's cloud. Left out: it is a server of one's own."
    )
