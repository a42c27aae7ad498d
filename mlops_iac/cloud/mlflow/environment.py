"""The environment that MLflow's server runs in: what a server needs, and not the libraries of its clients.

The package `mlflow` brings pandas, pyarrow, scikit-learn and matplotlib for what people log; its server needs none of
them, so it is installed without its dependencies beside those that the server imports: 287 MB with pip and compiled
files, where all of it takes some 650 without.
"""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path
from typing import Final

from mlops_iac.cloud.jobs import environments
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.core.cache import cache_folder
from mlops_iac.core.interpreters import our_interpreter

VERSION: Final = "3.4.0"
"""What MLflow apps of SageMaker ran when they were introduced.
https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow.html"""

_NEEDED: Final = (
    f"mlflow-skinny=={VERSION}",
    f"mlflow-tracing=={VERSION}",
    "alembic<2",
    "boto3<2",
    "cryptography<47",
    "Flask<4",
    "Flask-CORS<7",
    "graphene<4",
    "SQLAlchemy<2.1",
)
_ALONE: Final = (f"mlflow=={VERSION}",)


def mlflow_environment() -> PythonEnvironment:
    """Built when the cache lacks it. Raises EnvironmentFailed."""
    interpreter = our_interpreter()
    text = "\0".join([os.path.realpath(interpreter.path), platform.platform(), *_NEEDED, *_ALONE])
    folder = cache_folder() / "environments" / f"mlflow-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    with environments.building(folder) as aside:
        if aside:
            _build(aside, interpreter.path)
    return PythonEnvironment(folder)


def _build(folder: Path, python: Path) -> None:
    environments.run([str(python), "-m", "venv", str(folder)], "making the virtual environment of MLflow")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    environments.run([*pip, "--only-binary", ":all:", *_NEEDED], f"installing what MLflow {VERSION} needs")
    environments.run([*pip, "--only-binary", ":all:", "--no-deps", *_ALONE], f"installing MLflow {VERSION}")
