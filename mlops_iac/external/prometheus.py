"""Prometheus, which keeps metrics."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops_iac.external.system import System


class Prometheus(System):
    """A server that speaks Prometheus's API. Its own tools read no variables: scripts pass these on."""

    title: ClassVar = "Prometheus"
    offers: ClassVar = "metrics"
    client: ClassVar = "none: a script gives them to `PrometheusConnect(url, headers)` of prometheus-api-client"
    source: ClassVar = "prometheus_api_client/prometheus_connect.py of prometheus-api-client 0.7.2, which reads none"
    secrets: ClassVar = {"PROMETHEUS_TOKEN": "token"}
    needs_secret: ClassVar = False
    located: ClassVar = {"PROMETHEUS_URL": "{url}"}
    plain: ClassVar = True

    kind: Literal["prometheus"]
