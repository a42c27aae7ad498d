"""What all jobs and endpoints of one embedded cloud share: the gateway, records, slots, environments, folders."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.cloud.gateway import AwsError, Gateway
from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.iam.on_behalf import SAGEMAKER, check_container
from mlops_iac.cloud.jobs import environments
from mlops_iac.cloud.jobs.environments import EnvironmentFailed, PythonEnvironment
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.logs import LogStream
from mlops_iac.cloud.jobs.process import bare_environment
from mlops_iac.cloud.jobs.reach import INTERNET, NOWHERE, Reach, find_reach
from mlops_iac.cloud.jobs.records import Records
from mlops_iac.cloud.jobs.slots import Slots
from mlops_iac.cloud.jobs.workspace import Workspace
from mlops_iac.core.frameworks import Framework, find_framework, framework_names, framework_versions

FindFramework = Callable[[str], Framework | None]


class Host:
    """One per cloud and kind of work; ``find`` decides which image is which framework (tests bring light ones)."""

    def __init__(self, gateway: Gateway, folder: str, find: FindFramework = find_framework) -> None:
        self.gateway = gateway
        self.records = Records(gateway, folder)
        self.slots = Slots()
        self._home, self._find = gateway.home / folder, find

    def client(self, service: str, region: str, account: str) -> Any:
        return self.gateway.clients(region, account)(service)

    def workspace(self) -> Workspace:
        """A new, empty folder for one job."""
        return Workspace(self._home / "work" / uuid.uuid4().hex[:12])

    def reach(self, network: Mapping[str, Any], region: str, account: str) -> Reach:
        """What a job or model with these members (EnableNetworkIsolation, VpcConfig) reaches; raises JobFailed."""
        subnets = (network.get("VpcConfig") or {}).get("Subnets")
        if network.get("EnableNetworkIsolation"):
            return NOWHERE
        return self.reach_of(subnets, region, account) if subnets else INTERNET

    def reach_of(self, subnets: Sequence[str], region: str, account: str, *, public_address: bool = False) -> Reach:
        """What machines in these subnets reach; raises JobFailed for subnets that are not there."""
        ec2 = self.client("ec2", region, account)
        try:
            return find_reach(ec2, subnets, region, public_address=public_address)
        except ec2.exceptions.ClientError as error:
            raise JobFailed(f"ClientError: {error.response['Error']['Message']}") from error

    def acting(self, role: str, region: str, service: str = SAGEMAKER) -> Clients:
        """Clients that act in a role that was given to a service; raises JobFailed when it cannot be assumed."""
        try:
            return self.gateway.roles.clients(role, service, session_of(service), region)
        except CannotAssume as error:
            raise JobFailed(f"ClientError: {error}") from error

    def log(self, group: str, stream: str, clients: Clients) -> LogStream:
        """A log stream, written by whoever the clients act as."""
        return LogStream(clients("logs"), group, stream)

    def framework(self, image: str) -> Framework:
        """The framework that an image stands for; raises JobFailed for an image that cannot run here."""
        framework = self._find(image)
        if framework is None:
            known = ", ".join(f"{name} {version}" for name in framework_names() for version in framework_versions(name))
            raise JobFailed(
                f"ClientError: The embedded cloud runs no container images, so it cannot run `{image}`. "
                f"It runs AWS's own framework images, as virtual environments: {known}."
            )
        return framework

    def environment(self, image: str, code: Path | None = None) -> PythonEnvironment:
        """The environment of an image and of a code folder's requirements; raises JobFailed with pip's last lines."""
        framework = self.framework(image)
        try:
            return environments.code_environment(framework, code)
        except EnvironmentFailed as error:
            remedy = f" To do: {error.hint}" if error.hint else ""
            raise JobFailed(f"ClientError: {error.detail}{remedy}") from error
        except OSError as error:
            raise JobFailed(f"ClientError: The environment could not be built: {error}") from error

    def variables(
        self,
        environment: PythonEnvironment,
        workspace: Workspace,
        region: str,
        account: str,
        role: str | None,
        service: str = SAGEMAKER,
    ) -> dict[str, str]:
        """What every process starts with: the credentials of its role too, and none when it has no role."""
        view = workspace.view
        found = bare_environment(environment.search_path, view.home, self.gateway.endpoint, region)
        found["AWS_ACCOUNT_ID"] = account
        found["MLOPS_IAC_OPT_ML"] = view.path("/opt/ml")
        if not view.private:
            found["TMPDIR"] = view.temporary
        found["MLOPS_IAC_REQUIREMENTS_INSTALLED"] = "1"
        credentials = self.acting(role, region, service).credentials if role else None
        return found | (credentials.variables() if credentials else {})


def session_of(service: str) -> str:
    """How sessions of a service are called in AWS's messages: ``assumed-role/<role>/SageMaker``."""
    return "SageMaker" if service == SAGEMAKER else service.split(".")[0]


def check_role(host: Host, role_arn: str, principal: str = SAGEMAKER) -> None:
    """Refuse a role that does not exist or does not trust the service, as SageMaker does when it tries to assume it."""
    try:
        host.gateway.roles.check(role_arn, principal)
    except CannotAssume as error:
        raise AwsError(
            "ValidationException",
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal '{principal}' "
            "to assume the role.",
        ) from error


def claim(host: Host, role: str, region: str, *, image: str, key: str | None, vpc: bool) -> None:
    """What SageMaker does in a role before a container starts; raises JobFailed with the right that lacks."""
    try:
        check_container(host.gateway, role, region, image=image, key=key, vpc=vpc)
    except AwsError as error:
        raise JobFailed(f"ClientError: {error.message}") from error
