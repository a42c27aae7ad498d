"""The environment that a release's jobs run in: its version of PySpark, as the release's image has it, and nothing
besides. PyPI has PySpark as source only, so it is built here once; it brings Spark's own programs and libraries."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Final

from mlops_iac.cloud.jobs import environments
from mlops_iac.cloud.jobs.environments import EnvironmentFailed, PythonEnvironment
from mlops_iac.core.frameworks import Framework
from mlops_iac.core.interpreters import NoInterpreter, get_interpreter

log = logging.getLogger("mlops_iac.cloud")

PYTHON: Final = ("3.11", "3.12")
"""That PySpark 3.5 runs on and mlops-iac as well."""
PY4J: Final = "py4j==0.10.9.7"
"""What PySpark 3.5 speaks to Java with (its setup.py, read 2026-11-30)."""
SETUPTOOLS: Final = "setuptools==80.9.0"
"""Has `distutils`, which PySpark 3.5 imports and Python 3.12 lacks."""


def spark_environment(version: str) -> PythonEnvironment:
    """Built when the cache lacks it: a download of 317 MB, 370 MB on the disk. Raises EnvironmentFailed."""
    packages = (PY4J, SETUPTOOLS, f"pyspark=={version}")
    spark = Framework(name="spark", version=version, packages=packages, python=PYTHON)
    try:
        interpreter = get_interpreter(spark)
    except NoInterpreter as error:
        raise EnvironmentFailed(error.summary, error.detail, hint=error.hint) from error
    folder = environments.named_folder("spark", interpreter, *packages)
    with environments.building(folder) as aside:
        if aside:
            environments.run([str(interpreter.path), "-m", "venv", str(aside)], f"making the environment of {spark}")
            pip = [str(aside / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            environments.run([*pip, "--no-deps", "--no-compile", *packages], f"installing {spark}")
    return PythonEnvironment(folder)


def warm(version: str) -> None:
    """Build it in the background; a failure is kept for the job that needs it."""

    def build() -> None:
        try:
            spark_environment(version)
        except EnvironmentFailed as error:
            log.info("Spark %s is not ready: %s", version, error.detail)

    threading.Thread(target=build, name=f"warm spark {version}", daemon=True).start()


def spark_home(environment: PythonEnvironment) -> Path:
    """What SPARK_HOME says."""
    return next(iter(sorted(environment.folder.glob("lib/python*/site-packages/pyspark"))))
