"""Serve one model over HTTP: /ping and /invocations. A script that runs in the framework's environment.

Usage: ``python model_server.py <socket> <framework>``, with ``SAGEMAKER_PROGRAM`` (a file in
``SAGEMAKER_SUBMIT_DIRECTORY``) naming the team's script and ``SM_MODEL_DIR`` the unpacked model. The script may define
``model_fn``, ``input_fn``, ``predict_fn``, ``output_fn`` and ``transform_fn``; what it leaves out behaves as in the
framework's own container (github.com/aws/sagemaker-scikit-learn-container and sagemaker-inference-toolkit, read
2026-11-21).

The server listens on a unix socket in a private folder: no port that others could reach, and none to run out of.
It listens when the model is loaded, not before, so whoever can connect gets answers.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import socketserver
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from mlops_iac_content import (  # type: ignore[import-not-found, unused-ignore]  # beside this file
    ANY,
    JSON,
    UTF8_TYPES,
    Unsupported,
    decode,
    encode,
    kind_of,
    to_dmatrix,
)


class Sklearn:
    """What the scikit-learn container does when a script leaves a function out."""

    def model_fn(self, model_dir: str) -> Any:
        raise NotImplementedError(
            "Please provide a model_fn implementation: the script named by SAGEMAKER_PROGRAM has none, "
            "and this container has no default."
        )

    def input_fn(self, body: bytes, content_type: str) -> Any:
        kind = kind_of(content_type)
        data = decode(body, kind)
        return data.astype("float32") if kind in UTF8_TYPES else data

    def predict_fn(self, data: Any, model: Any) -> Any:
        return model.predict(data)

    def output_fn(self, prediction: Any, accept: str) -> Any:
        return encode(prediction, accept)


class Xgboost(Sklearn):
    """Requests become a DMatrix, and names of features are not compared.
    github.com/aws/sagemaker-xgboost-container, handler_service.py and encoder.py, read 2026-11-28."""

    def input_fn(self, body: bytes, content_type: str) -> Any:
        return to_dmatrix(body, kind_of(content_type))

    def predict_fn(self, data: Any, model: Any) -> Any:
        return model.predict(data, validate_features=False)


class Pytorch(Sklearn):
    """TorchScript in ``model.pt``, tensors in, lists out.
    github.com/aws/sagemaker-pytorch-inference-toolkit, default_pytorch_inference_handler.py, read 2026-11-28."""

    def model_fn(self, model_dir: str) -> Any:
        import torch  # type: ignore[import-not-found, unused-ignore]

        file = os.path.join(model_dir, "model.pt")
        if not os.path.exists(file):
            raise FileNotFoundError("Failed to load model with default model_fn: missing file model.pt.")
        return torch.jit.load(file, map_location="cpu")

    def input_fn(self, body: bytes, content_type: str) -> Any:
        import torch  # type: ignore[import-not-found, unused-ignore]

        kind = kind_of(content_type)
        data = decode(body, kind)
        return torch.FloatTensor(data) if kind in UTF8_TYPES else torch.from_numpy(data)

    def predict_fn(self, data: Any, model: Any) -> Any:
        import torch  # type: ignore[import-not-found, unused-ignore]

        with torch.no_grad():
            return model.eval()(data)

    def output_fn(self, prediction: Any, accept: str) -> Any:
        value = prediction.detach().cpu().numpy().tolist() if hasattr(prediction, "detach") else prediction
        return encode(value, accept)


DEFAULTS = {"sklearn": Sklearn, "xgboost": Xgboost, "pytorch": Pytorch}


class Model:
    """The loaded model and the functions around it."""

    def __init__(self, defaults: Sklearn) -> None:
        script = load_script()
        self._defaults = defaults
        self._input = getattr(script, "input_fn", defaults.input_fn)
        self._predict = getattr(script, "predict_fn", defaults.predict_fn)
        self._output = getattr(script, "output_fn", defaults.output_fn)
        self._transform = getattr(script, "transform_fn", None)
        if self._transform and any(hasattr(script, name) for name in ("input_fn", "predict_fn", "output_fn")):
            raise ValueError(
                "Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn "
                "implementation"
            )
        self._model = call(getattr(script, "model_fn", defaults.model_fn), os.environ["SM_MODEL_DIR"])

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        """The response's body and content type."""
        if self._transform:
            result = call(self._transform, self._model, text_or_bytes(body, content_type), content_type, accept)
        else:
            own = self._input != self._defaults.input_fn
            data = call(self._input, text_or_bytes(body, content_type) if own else body, content_type)
            result = call(self._output, call(self._predict, data, self._model), accept)
        if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], str):
            return result
        if hasattr(result, "response") and hasattr(result, "mimetype"):
            return result.response, result.mimetype
        return result, accept


def text_or_bytes(body: bytes, content_type: str) -> str | bytes:
    """AWS's containers hand text to scripts when the content type is a text one."""
    content_type = kind_of(content_type)
    return body.decode() if content_type in UTF8_TYPES or content_type.startswith("text/") else body


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the team's; one that takes one argument more gets the context (None), as in newer toolkits."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return function(*arguments, None)
    return function(*arguments)


def load_script() -> Any:
    program = os.environ.get("SAGEMAKER_PROGRAM")
    if not program:
        return None
    folder = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or "."
    path = os.path.join(folder, program)
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(program))[0], path)
    if spec is None or spec.loader is None or not os.path.isfile(path):
        raise FileNotFoundError(f"SAGEMAKER_PROGRAM names {program}, which is not in {folder}.")
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script
    spec.loader.exec_module(script)
    return script


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: Model

    def address_string(self) -> str:
        return "invocation"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        if self.path != "/ping":
            print(f'"{self.requestline}" {getattr(code, "value", code)} {size}', flush=True)

    def do_GET(self) -> None:
        self.respond(200 if self.path == "/ping" else 404, b"", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/invocations":
            self.respond(404, b"", "text/plain")
            return
        default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        accept = self.headers.get("Accept") or default
        accept = default if accept in (ANY, "application/*") else accept
        try:
            answer, content_type = self.model.answer(body, self.headers.get("Content-Type") or JSON, accept)
            if not isinstance(answer, (bytes, bytearray, str)):
                answer = json.dumps(answer)
            answer = answer.encode() if isinstance(answer, str) else bytes(answer)
        except Unsupported as error:
            self.respond(error.status, str(error).encode(), "text/plain")
        except Exception as error:
            traceback.print_exc()
            self.respond(500, f"{type(error).__name__}: {error}".encode(), "text/plain")
        else:
            self.respond(200, answer, content_type)

    def respond(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.headers.items():
            if name.lower() == "x-amzn-sagemaker-custom-attributes":
                self.send_header(name, value)
        try:
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:  # who asked has gone; a ping waits two seconds only
            self.close_connection = True


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    socket, framework = sys.argv[1:3]
    Handler.model = Model(DEFAULTS.get(framework, Sklearn)())
    beside = f"{socket}.new"
    server = Server(beside, Handler)
    os.chmod(beside, 0o600)
    os.rename(beside, socket)
    print("The model is loaded.", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.path.pop(0)  # this script's own folder is no place for a team's imports
    main()
