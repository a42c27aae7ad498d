"""``mlops-iac notebook``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_iac.cli.environments import Opened
    from mlops_iac.core.frameworks import Framework

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8888


def notebook(
    stack: StackArgument,
    port: Annotated[
        int | None, typer.Option("--port", min=1024, max=65535, help="Left out: the first that is free from 8888 on.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open JupyterLab in a browser.")] = True,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Start JupyterLab on this machine, in the team's code folder, with the environment's variables.

    It has the packages that jobs have, what requirements.txt names, and JupyterLab, which are installed once into a
    folder of the cache. It is reached from this machine only, with the token that it prints; Ctrl-C stops it. With
    --json it says how it would be started, and starts nothing.

    Example: mlops-iac notebook flora-dev --no-browser
    """
    import os
    import secrets

    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.env import run, variables
    from mlops_iac.cli.environments import open_environment
    from mlops_iac.clients import MISLEADING
    from mlops_iac.cloud.jobs.lab import lab_environment

    opened = open_environment(stack, cloud)
    framework, folder = _framework(opened), _code(opened, stack)
    chosen = _free_port(port)
    if json:
        command = _command("python", folder, chosen, browser=browser)
        show_json({"folder": str(folder), "framework": str(framework), "command": command, "port": chosen})
        return
    say(f"JupyterLab of {stack}, with what jobs of {framework} have. Its first start installs it, a minute or two.")
    environment = lab_environment(framework, folder)
    found = variables(opened) | {"PATH": f"{environment.search_path}{os.pathsep}{os.environ.get('PATH', '')}"}
    found["JUPYTER_TOKEN"] = secrets.token_urlsafe(32)  # an argument could be read by every process of this machine
    say(f"http://{LOOPBACK}:{chosen}/lab?token={found['JUPYTER_TOKEN']}")
    run(_command(str(environment.python), folder, chosen, browser=browser), found, _misleading(opened, MISLEADING))


def _command(python: str, folder: Path, port: int, *, browser: bool) -> list[str]:
    import os

    words = [python, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", f"--ServerApp.ip={LOOPBACK}"]
    words += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.allow_remote_access=False"]
    words += ["--ServerApp.answer_yes=True"]  # Ctrl-C once
    words += [] if browser else ["--no-browser"]
    return [*words, "--allow-root"] if os.geteuid() == 0 else words


def _misleading(opened: Opened, known: tuple[str, ...]) -> list[str]:
    return list(known) if opened.clients.embedded else []


def _framework(opened: Opened) -> Framework:
    """Of the environment's jobs."""
    from mlops_iac.core.environment import NOTEBOOKS
    from mlops_iac.core.frameworks import get_framework

    environment = opened.environment
    service = environment.services.get(NOTEBOOKS)
    if service:
        name, version = service.client["MLOPS_IAC_FRAMEWORK"].split(" ")
        return get_framework(name, version)
    for pipeline in environment.pipelines.values():
        return get_framework(pipeline.framework, pipeline.framework_version)
    return get_framework("sklearn", "1.4-2")


def _code(opened: Opened, stack: str) -> Path:
    """The team's folder; the project's where the environment runs no code."""
    from mlops_iac.config.load import load_stack

    config = load_stack(opened.root, stack, options_model=None)
    return config.get_code_folder().resolve() if config.code else opened.root


def _free_port(asked: int | None) -> int:
    """Raises UsageError for a port that somebody listens on."""
    import socket

    from mlops_iac.core.errors import UsageError

    for port in [asked] if asked else range(USUAL_PORT, USUAL_PORT + 50):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    detail = f"Value given: --port {asked}." if asked else f"None from {USUAL_PORT} on is free."
    raise UsageError("The port is taken.", detail, hint="name another one: --port NUMBER.")
