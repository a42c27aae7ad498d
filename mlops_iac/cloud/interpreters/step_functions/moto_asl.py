"""The way into moto's state machine interpreter: its modules, and the clients that its tasks call with."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

PACKAGE: Final = "moto.stepfunctions.parser.asl"
TASKS: Final = f"{PACKAGE}.component.state.exec.state_task.service"

BOTO_NAMES: Final = {
    "cloudwatchlogs": "logs", "eventbridge": "events", "redshiftdata": "redshift-data",
    "sagemakerruntime": "sagemaker-runtime", "sfn": "stepfunctions", "states": "stepfunctions",
}  # fmt: skip
"""A service's name in a Task's resource to botocore's."""


class Calling:
    """Which server the interpreter calls."""

    gateway: Gateway
    installed = False

    def client(self, service: str, region: str, role_arn: str) -> Any:
        """A client that acts in a machine's role, whose answers are JSON: Step Functions passes them on as text."""
        clients = self.gateway.roles.clients(role_arn, "states.amazonaws.com", "StepFunctions", region)
        client = clients(BOTO_NAMES.get(service, service))
        client.meta.events.register("after-call.*.*", _make_json, unique_id="mlops-iac-json")
        return client


CALLING: Final = Calling()


def _make_json(parsed: dict[str, Any], **_: Any) -> None:
    parsed.update(as_json({key: value for key, value in parsed.items() if key != "ResponseMetadata"}))


def as_json(value: Any) -> Any:
    """Dates as ISO 8601 in UTC, as Step Functions shows them; everything else as it is."""
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """moto's ``boto_client_for``, in the state machine's role (or the role a Task names)."""
    return CALLING.client(service, region, str(getattr(state_credentials, "role_arn", "")))


def account_of(state_credentials: Any) -> str:
    """The account of the state machine's role (or the role a Task names)."""
    role = str(getattr(state_credentials, "role_arn", "") or "").split(":")
    return role[4] if len(role) > 5 and role[4].isdigit() else DEFAULT_ACCOUNT


def load_tasks() -> None:
    """Import everything that holds a name which is replaced."""
    for name in ("batch", "sfn", "aws_sdk", "lambda", "sns", "factory", "callback", "ecs", "glue", "sqs", "events"):
        module(f"{TASKS}.state_task_service_{name}")
    module(f"{PACKAGE}.parse.asl_parser")


def module(name: str) -> Any:

    return importlib.import_module(name)


def replace_everywhere(name: str, old: Any, new: Any) -> None:
    """Modules hold imported functions under their own name; each of them gets the new one."""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("moto.stepfunctions") and vars(module).get(name) is old:
            setattr(module, name, new)
