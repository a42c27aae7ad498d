"""Lambda: Python functions really run, as a process each, and what they print goes to their log group.

moto only echoes the payload when there is no docker. Functions get AWS's environment variables and an endpoint on
loopback with dummy credentials. Not offered: other runtimes than Python, container images, layers, and the context's
methods beyond its names and the remaining time.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import DUMMY_ACCESS_KEY, DUMMY_SECRET_KEY

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_BOOTSTRAP: Final = """
import importlib, json, os, sys, time, traceback, uuid
folder, handler, answer = sys.argv[1:4]
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
    result = getattr(importlib.import_module(module.replace("/", ".")), name)(json.load(sys.stdin), Context())
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


def _patch_invoke(gateway: Gateway) -> None:
    """Every way into a function (Invoke, S3, SNS, SQS, streams, log subscriptions) ends in ``_invoke_lambda``."""
    from moto.awslambda.models import LambdaBackend, LambdaFunction
    from moto.awslambda_simple.models import LambdaSimpleBackend

    def invoke(self: Any, event: Any = None) -> tuple[str, bool, str]:
        if not str(self.run_time or "").startswith("python") or self.code_bytes is None:
            message = f"The embedded cloud runs Python functions from a zip file; this one is {self.run_time}."
            return json.dumps({"errorMessage": message, "errorType": "Runtime.NotOffered"}), True, message
        result, failed, printed = _run(gateway, self, event or {})
        with gateway.locked("logs"):
            self.logs_backend.ensure_log_group(self.logs_group_name)
            self.save_logs(printed)
        return result, failed, printed

    LambdaFunction._invoke_lambda = invoke
    LambdaSimpleBackend.invoke = LambdaBackend.invoke


def _run(gateway: Gateway, function: Any, event: Any) -> tuple[str, bool, str]:
    timeout = int(function.timeout or 3)
    with tempfile.TemporaryDirectory(prefix="mlops-iac-lambda-") as folder:
        code, answer = os.path.join(folder, "code"), os.path.join(folder, "answer")
        zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(code)
        try:
            process = subprocess.run(
                [sys.executable, "-c", _BOOTSTRAP, code, function.handler, answer],
                input=json.dumps(event).encode() if not isinstance(event, str) else event.encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environment(gateway, function, timeout),
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            message = f"Task timed out after {timeout}.00 seconds"
            printed = (error.stdout or b"").decode(errors="replace") + message
            return json.dumps({"errorMessage": message, "errorType": "Sandbox.Timedout"}), True, printed
        printed = process.stdout.decode(errors="replace")
        if not os.path.exists(answer):
            message = f"Runtime exited with error: exit status {process.returncode}"
            return json.dumps({"errorMessage": message, "errorType": "Runtime.ExitError"}), True, printed
        with open(answer) as file:
            return file.read(), process.returncode != 0, printed


def _environment(gateway: Gateway, function: Any, timeout: int) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ENDPOINT_URL": gateway.endpoint,
        "AWS_ACCESS_KEY_ID": DUMMY_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": DUMMY_SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "MLOPS_IAC_FUNCTION_ARN": function.function_arn,
        "_HANDLER": function.handler,
        **{name: str(value) for name, value in (function.environment_vars or {}).items()},
    }
