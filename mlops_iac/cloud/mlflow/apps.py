"""SageMaker's operations on MLflow apps. An app is created at once; its server begins with the first request to it.

Not offered: being the default of the account or of Studio domains, registering models by itself, maintenance.
"""

from __future__ import annotations

import secrets
import shutil
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.mlflow.environment import VERSION
from mlops_iac.cloud.mlflow.page import USUAL_EXPIRY, USUAL_SESSION, Page
from mlops_iac.cloud.mlflow.server import SERVICE, Server
from mlops_iac.cloud.own_tags import let_tag
from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "sagemaker.mlflow-apps"
_LETTERS: Final = string.ascii_uppercase + string.digits
_SHOWN: Final = ("Arn", "Name", "Status", "CreationTime", "LastModifiedTime", "MlflowVersion")
_KEPT: Final = ("Name", "ArtifactStoreUri", "RoleArn", "KmsKeyId", "WeeklyMaintenanceWindowStart")
REFUSED: Final = {
    "ModelRegistrationMode": "AutoModelRegistrationEnabled",
    "AccountDefaultStatus": "ENABLED",
}
"""What would do nothing here."""


class Apps:
    """The apps of this cloud by their ARN, and the servers that run."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._servers: dict[str, Server] = {}
        self._pages: dict[str, Page] = {}

    def install(self) -> None:
        for operation, answer in (
            ("CreateMlflowApp", self.create),
            ("DescribeMlflowApp", self.describe),
            ("UpdateMlflowApp", self.update),
            ("DeleteMlflowApp", self.delete),
            ("ListMlflowApps", self.list),
            ("CreatePresignedMlflowAppUrl", self.presign),
        ):
            self._gateway.instead("sagemaker", operation, self._gateway.holding("sagemaker", answer))
        let_tag(self._gateway, "mlflow-app", self.get)
        self._gateway.on_stop(self.stop_all)
        self._gateway.on_reset(self.forget)
        self._gateway.reports["mlflow"] = lambda: {
            "apps": len(self._apps), "running": sum(server.running for server in [*self._servers.values()])
        }  # fmt: skip

    @property
    def _apps(self) -> dict[str, dict[str, Any]]:
        return self._gateway.store[STORE]

    def get(self, arn: str) -> dict[str, Any]:
        if arn not in self._apps:
            raise AwsError("ResourceNotFound", f"MLflow App {arn} does not exist.")
        return self._apps[arn]

    def server(self, arn: str) -> Server:
        app = self.get(arn)
        if arn not in self._servers:
            self._servers[arn] = Server(self._gateway, self._folder(arn), app, arn.split(":")[3])
        return self._servers[arn]

    # SageMaker's operations ---------------------------------------------------------------------------------------

    def create(self, call: Call) -> dict[str, Any]:
        self._check(call)
        arn = call.arn("sagemaker", f"mlflow-app/app-{''.join(secrets.choice(_LETTERS) for _ in range(12))}")
        same = [
            app for at, app in self._apps.items() if app["Name"] == call.params["Name"] and _place(at) == _place(arn)
        ]
        if same:
            raise AwsError("ConflictException", f"MLflow App {call.params['Name']} already exists.")
        self._apps[arn] = {
            **{name: call.params[name] for name in _KEPT if call.params.get(name) is not None},
            "Arn": arn,
            "MlflowVersion": ".".join(VERSION.split(".")[:2]),
            "Status": "Created",
            "ModelRegistrationMode": "AutoModelRegistrationDisabled",
            "AccountDefaultStatus": "DISABLED",
            "CreationTime": now(),
            "LastModifiedTime": now(),
            "Tags": list(call.params.get("Tags") or ()),
        }
        return {"Arn": arn}

    def describe(self, call: Call) -> dict[str, Any]:
        return {name: value for name, value in self.get(call.params["Arn"]).items() if name != "Tags"}

    def update(self, call: Call) -> dict[str, Any]:
        app = self.get(call.params["Arn"])
        self._check(call)
        sent = {name: call.params[name] for name in _KEPT if call.params.get(name) is not None}
        app.update(sent, Status="Updated", LastModifiedTime=now())
        self._end(app["Arn"])
        return {"Arn": app["Arn"]}

    def delete(self, call: Call) -> dict[str, Any]:
        arn = self.get(call.params["Arn"])["Arn"]
        page = self._pages.pop(arn, None)
        if page:
            page.close()
        self._end(arn)
        shutil.rmtree(self._folder(arn), ignore_errors=True)
        del self._apps[arn]
        return {"Arn": arn}

    def list(self, call: Call) -> dict[str, Any]:
        place = (call.region, call.account_id)
        found = [{name: app[name] for name in _SHOWN} for arn, app in self._apps.items() if _place(arn) == place]
        return paged("Summaries", found, call.params, limit=100)

    def presign(self, call: Call) -> dict[str, Any]:
        arn = self.get(call.params["Arn"])["Arn"]
        if arn not in self._pages:
            self._pages[arn] = Page(lambda *asked: self._running(arn).ask(*asked))
        expiry = call.params.get("ExpiresInSeconds") or USUAL_EXPIRY
        session = call.params.get("SessionExpirationDurationInSeconds") or USUAL_SESSION
        return {"AuthorizedUrl": self._pages[arn].address(expiry, session)}

    # Life ---------------------------------------------------------------------------------------------------------

    def stop_all(self) -> None:
        for page in [*self._pages.values()]:
            page.close()
        for server in [*self._servers.values()]:
            server.stop()
        self._pages.clear()
        self._servers.clear()

    def forget(self) -> None:
        self.stop_all()
        shutil.rmtree(self._gateway.home / "mlflow", ignore_errors=True)

    def _end(self, arn: str) -> None:
        server = self._servers.pop(arn, None)
        if server:
            server.stop()

    def _running(self, arn: str) -> Server:
        with self._gateway.locked("sagemaker"):
            return self.server(arn)

    def _folder(self, arn: str) -> Path:
        return self._gateway.home / "mlflow" / arn.rpartition("/")[2]

    def _check(self, call: Call) -> None:
        for name, value in REFUSED.items():
            if call.params.get(name) == value:
                raise AwsError("NotImplemented", f"The embedded cloud does not offer {name}={value}.", 501)
        if call.params.get("DefaultDomainIdList"):
            words = "The embedded cloud offers no MLflow app as the default of Studio domains."
            raise AwsError("NotImplemented", words, 501)
        try:
            if call.params.get("RoleArn"):
                self._gateway.roles.check(call.params["RoleArn"], SERVICE)
        except CannotAssume as error:
            raise AwsError("ValidationException", str(error)) from error


def _place(arn: str) -> tuple[str, str]:
    """Region and account."""
    parts = arn.split(":")
    return parts[3], parts[4]
