"""Requests of MLflow's clients: signed for SageMaker, with the app's ARN in a header, and answered by its server.

The right to make them is ``sagemaker:CallMlflowAppApi`` on the app, as AWS's plug-in `sagemaker-mlflow` is told
(https://pypi.org/project/sagemaker-mlflow/, 0.5.0). The browser's page has a port of its own (`page.py`), as web
pages may not use this server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud import wire
from mlops_iac.cloud.iam.callers import access_key_of
from mlops_iac.cloud.iam.context import place_keys, principal_keys
from mlops_iac.cloud.iam.strangers import refusal
from mlops_iac.cloud.mlflow.apps import Apps
from mlops_iac.cloud.wire import Answer

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

HEADER: Final = "HTTP_X_SM_MLFLOW_APP_ARN"
ACTION: Final = "sagemaker:CallMlflowAppApi"
_PASSED: Final = {"CONTENT_TYPE": "Content-Type", "HTTP_ACCEPT": "Accept", "HTTP_USER_AGENT": "User-Agent"}
_ANSWERED: Final = ("content-type", "content-disposition", "x-content-type-options")


class Door:
    def __init__(self, gateway: Gateway, apps: Apps) -> None:
        self._gateway, self._apps = gateway, apps

    def install(self) -> None:
        self._apps.install()
        self._gateway.by_header[HEADER] = self.answer

    def answer(self, environ: dict[str, Any], account: str) -> Answer:
        """Raises `AwsError` for who may not, and for an app that is not there."""
        arn = str(environ[HEADER])
        self._authorise(environ, account, arn)
        body = wire.read_body(environ)
        query = environ.get("QUERY_STRING", "")
        path = environ.get("PATH_INFO", "/") + (f"?{query}" if query else "")
        headers = {name: str(environ[key]) for key, name in _PASSED.items() if environ.get(key)}
        with self._gateway.locked("sagemaker"):
            server = self._apps.server(arn)
        said = server.ask(environ["REQUEST_METHOD"], path, body, headers)
        return Answer(
            said.status, [(name, said.headers[name]) for name in _ANSWERED if name in said.headers], said.body
        )

    def _authorise(self, environ: Mapping[str, Any], account: str, arn: str) -> None:
        iam, key = self._gateway.iam, access_key_of(environ)
        request = wire.read_head(environ)
        who = iam.identify(environ, account, key)
        if who is None:
            raise refusal(request, key)
        self._gateway.check_guest(request)
        if iam.enforced and (who.kind != "person" or who.federated):
            with self._gateway.locked("sagemaker"):
                iam.demand(
                    "sagemaker", who, ACTION, arn, {**place_keys(request.region, who.account), **principal_keys(who)}
                )
