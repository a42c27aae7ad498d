"""Serve one model over HTTP: /ping and /invocations. A script that runs in the framework's environment.

Usage: ``python model_server.py <socket>``, with ``SAGEMAKER_PROGRAM`` (a file in ``SAGEMAKER_SUBMIT_DIRECTORY``)
naming the team's script and ``SM_MODEL_DIR`` the unpacked model. The script may define ``model_fn``, ``input_fn``,
``predict_fn``, ``output_fn`` and ``transform_fn``; what it leaves out behaves as in AWS's scikit-learn container
(github.com/aws/sagemaker-scikit-learn-container and sagemaker-inference-toolkit, read 2026-11-21).

The server listens on a unix socket in a private folder: no port that others could reach, and none to run out of.
It listens when the model is loaded, not before, so whoever can connect gets answers.
"""

from __future__ import annotations

import importlib.util
import inspect
import io
import json
import os
import socketserver
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

CSV, JSON, NPY = "text/csv", "application/json", "application/x-npy"


class Unsupported(Exception):
    """The content type asked for is not one that the default functions know; ``status`` is HTTP's."""

    def __init__(self, content_type: str, status: int) -> None:
        super().__init__(f"Content type {content_type} is not supported by this framework.")
        self.status = status


def default_model_fn(model_dir: str) -> Any:
    raise NotImplementedError(
        "Please provide a model_fn implementation: the script named by SAGEMAKER_PROGRAM has none, "
        "and this container has no default."
    )


def default_input_fn(body: bytes, content_type: str) -> Any:
    import numpy  # type: ignore[import-not-found, unused-ignore]  # the framework's, not ours

    if content_type == CSV:
        return numpy.genfromtxt(io.StringIO(body.decode()), delimiter=",", dtype="float32")
    if content_type == JSON:
        return numpy.array(json.loads(body)).astype("float32")
    if content_type == NPY:
        return numpy.load(io.BytesIO(body), allow_pickle=False)
    raise Unsupported(content_type, 415)


def default_predict_fn(data: Any, model: Any) -> Any:
    return model.predict(data)


def default_output_fn(prediction: Any, accept: str) -> str | bytes:
    import numpy  # type: ignore[import-not-found, unused-ignore]  # the framework's, not ours

    values = prediction if isinstance(prediction, (list, tuple)) else numpy.asarray(prediction)
    if accept == JSON:
        return json.dumps(values.tolist() if hasattr(values, "tolist") else values)
    if accept == CSV:
        text = io.StringIO()
        numpy.savetxt(text, numpy.asarray(values), delimiter=",", fmt="%s")
        return text.getvalue()
    if accept == NPY:
        data = io.BytesIO()
        numpy.save(data, numpy.asarray(values))
        return data.getvalue()
    raise Unsupported(accept, 406)


class Model:
    """The loaded model and the functions around it."""

    def __init__(self) -> None:
        script = load_script()
        self._input = getattr(script, "input_fn", default_input_fn)
        self._predict = getattr(script, "predict_fn", default_predict_fn)
        self._output = getattr(script, "output_fn", default_output_fn)
        self._transform = getattr(script, "transform_fn", None)
        self._model = call(getattr(script, "model_fn", default_model_fn), os.environ["SM_MODEL_DIR"])

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        """The response's body and content type."""
        if self._transform:
            result = call(self._transform, self._model, text_or_bytes(body, content_type), content_type, accept)
        else:
            own = self._input is not default_input_fn
            data = call(self._input, text_or_bytes(body, content_type) if own else body, content_type)
            result = call(self._output, call(self._predict, data, self._model), accept)
        if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], str):
            return result
        if hasattr(result, "response") and hasattr(result, "mimetype"):
            return result.response, result.mimetype
        return result, accept


def text_or_bytes(body: bytes, content_type: str) -> str | bytes:
    """AWS's containers hand text to scripts when the content type is a text one."""
    return body.decode() if content_type in (CSV, JSON) or content_type.startswith("text/") else body


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
        accept = default if accept in ("*/*", "application/*") else accept
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
    Handler.model = Model()
    socket = sys.argv[1]
    beside = f"{socket}.new"
    server = Server(beside, Handler)
    os.chmod(beside, 0o600)
    os.rename(beside, socket)
    print("The model is loaded.", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.path.pop(0)  # this script's own folder is no place for a team's imports
    main()
