"""Lambda: Python functions really run, as a process each, and what they print goes to their log group.

moto only echoes the payload when there is no docker. Functions get AWS's environment variables, their code at
/var/task, a /tmp of their own, and the embedded cloud's endpoint with its owner's credentials; no other address can be
reached from them (on AWS a function outside a VPC has the internet; on a laptop it must not). Not offered: other
runtimes than Python, container images, layers, and the context's methods beyond its names and the remaining time.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.busy import busy
from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

PRINCIPAL: Final = "lambda.amazonaws.com"

_BOOTSTRAP: Final = """
import importlib, json, os, sys, time, traceback, uuid
folder, handler, event, answer = sys.argv[1:5]
sys.path.insert(0, folder); os.chdir(folder)
ends = time.time() + float(os.environ["AWS_LAMBDA_FUNCTION_TIMEOUT"])
class Context:
    function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
    invoked_function_arn = os.environ["MLOPS_IAC_FUNCTION_ARN"]
    memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
    aws_request_id = str(uuid.uuid4())
    def get_remaining_time_in_millis(self):
        return max(0, int((ends - time.time()) * 1000))
try:
    module, _, name = handler.rpartition(".")
    result = getattr(importlib.import_module(module.replace("/", ".")), name)(json.load(open(event)), Context())
    text, failed = json.dumps(result), 0
except BaseException as error:
    traceback.print_exc()
    text, failed = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__)}), 1
with open(answer, "w") as file:
    file.write(text)
sys.exit(failed)
"""


def apply(gateway: Gateway) -> None:
    gateway.when_used("lambda", lambda: _patch_invoke(gateway))
    for operation in ("CreateFunction", "UpdateFunctionConfiguration"):
        gateway.before("lambda", operation, lambda call: _check_role(gateway, call))


def _check_role(gateway: Gateway, call: Call) -> None:
    """As Lambda tries it when a function is made or changed."""
    try:
        if call.params.get("Role"):
            gateway.roles.check(call.params["Role"], PRINCIPAL)
    except CannotAssume as error:
        message = "The role defined for the function cannot be assumed by Lambda."
        raise AwsError("InvalidParameterValueException", message) from error


def _patch_invoke(gateway: Gateway) -> None:
    """Every way into a function (Invoke, S3, SNS, SQS, streams, log subscriptions) ends in ``_invoke_lambda``."""
    from moto.awslambda.models import LambdaBackend, LambdaFunction
    from moto.awslambda_simple.models import LambdaSimpleBackend

    def invoke(self: Any, event: Any = None) -> tuple[str, bool, str]:
        if not str(self.run_time or "").startswith("python") or self.code_bytes is None:
            message = f"The embedded cloud runs Python functions from a zip file; this one is {self.run_time}."
            return json.dumps({"errorMessage": message, "errorType": "Runtime.NotOffered"}), True, message
        # moto gives the text `{}` for a payload that was left out; all else is the event itself, texts included.
        with busy():
            result, failed, printed = _run(gateway, self, {} if event == "{}" else event)
        if self.logs_group_name not in self.logs_backend.groups:
            _make_group(gateway, self)
        with gateway.locked("logs"):
            if self.logs_group_name in self.logs_backend.groups:
                self.save_logs(printed)
        return result, failed, printed

    LambdaFunction._invoke_lambda = invoke
    LambdaSimpleBackend.invoke = LambdaBackend.invoke


def _make_group(gateway: Gateway, function: Any) -> None:
    """A function's log group, where nobody made it and the function's role may; else what it prints is lost, as on AWS:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""
    from botocore.exceptions import ClientError

    with contextlib.suppress(CannotAssume, ClientError):
        clients = gateway.roles.clients(function.role, PRINCIPAL, function.function_name, function.region)
        clients("logs").create_log_group(logGroupName=function.logs_group_name)


def _run(gateway: Gateway, function: Any, event: Any) -> tuple[str, bool, str]:
    from mlops_iac.cloud.jobs.process import End, Process
    from mlops_iac.cloud.jobs.workspace import Workspace

    timeout = int(function.timeout or 3)
    workspace = Workspace(gateway.home / "functions" / uuid.uuid4().hex[:12])
    printed: list[str] = []
    try:
        answer = workspace.root / "home" / "answer"
        process: Process = _process(gateway, function, event, workspace, printed.append, timeout)
        process.start()
        outcome = process.wait(timeout)
        if outcome.end is End.TIMED_OUT:
            message = f"Task timed out after {timeout}.00 seconds"
            return _failed(message, "Sandbox.Timedout"), True, "\n".join([*printed, message])
        if not answer.exists():
            message = f"Runtime exited with error: exit status {outcome.code}"
            return _failed(message, "Runtime.ExitError"), True, "\n".join(printed)
        return answer.read_text(), outcome.code != 0, "\n".join(printed)
    finally:
        workspace.remove()


def _process(gateway: Gateway, function: Any, event: Any, workspace: Any, on_line: Any, timeout: int) -> Any:
    """The function's code at /var/task where a private view is possible, else where it lies."""
    from mlops_iac.cloud.jobs.enter import enter
    from mlops_iac.cloud.jobs.environments import PythonEnvironment
    from mlops_iac.cloud.jobs.reach import EMBEDDED

    code, home = workspace.root / "code", workspace.root / "home"
    zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(code)
    (home / "event").write_bytes(json.dumps(event).encode())
    private = workspace.view.private
    place, own = ("/var/task", "/root") if private else (str(code), str(home))
    return enter(
        gateway,
        [sys.executable, "-c", _BOOTSTRAP, place, function.handler, f"{own}/event", f"{own}/answer"],
        PythonEnvironment(Path(sys.prefix)),
        workspace,
        EMBEDDED,
        _environment(gateway, function, timeout) | {"HOME": own, "TMPDIR": workspace.view.temporary},
        on_line,
        folder=place,
        shown=[(str(code), "/var/task", "ro")] if private else (),
        grace=0,
    )


def _failed(message: str, kind: str) -> str:
    return json.dumps({"errorMessage": message, "errorType": kind})


def _environment(gateway: Gateway, function: Any, timeout: int) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ENDPOINT_URL": gateway.endpoint,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "MLOPS_IAC_FUNCTION_ARN": function.function_arn,
        "_HANDLER": function.handler,
        **{name: str(value) for name, value in (function.environment_vars or {}).items()},
        **gateway.roles.assume(function.role, PRINCIPAL, function.function_name).variables(),
    }
