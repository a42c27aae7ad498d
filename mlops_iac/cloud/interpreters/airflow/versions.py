"""Airflow as MWAA runs it: its packages in an environment of their own, and a database that has its tables.

Packages: the constraints in images/airflow/2.11.0/etc of github.com/aws/amazon-mwaa-docker-images, read 2026-11-29, for
Airflow and the Amazon provider. python-nvd3 is left out: nothing imports it, and it has no wheel.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from mlops_iac.cloud.jobs.environments import EnvironmentFailed, PythonEnvironment, framework_environment
from mlops_iac.core.cache import cache_folder
from mlops_iac.core.frameworks import Framework

VERSION: Final = "2.11.0"
"""The one that runs here. DAG files are read by Airflow 3 as well."""

HOST: Final = Path(__file__).with_name("airflow_host.py")
SCHEDULER: Final = HOST.with_name("airflow_scheduler.py")
DATABASE: Final = "airflow.db"
_PYTHON: Final = ("3.11", "3.12")

SETTINGS: Final[Mapping[str, str]] = {
    "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.default",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_FETCH_INTERVAL": "0",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
    "AIRFLOW__FAB__UPDATE_FAB_PERMS": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "AIRFLOW__WEBSERVER__SECRET_KEY": "no session is ever made",
    "PYTHONWARNINGS": "ignore",
}
"""The API listens on a socket in a folder of this person's, so who reaches it may do everything."""

WEBSERVER: Final = "AUTH_ROLE_PUBLIC = 'Admin'\n"


@cache
def airflow() -> Framework:
    """As the environments of jobs are described, so that they are built and kept alike."""
    packages = Path(__file__).with_name(f"airflow-{VERSION}.txt").read_text("utf-8").split()
    return Framework(name="airflow", version=VERSION, packages=tuple(packages), python=_PYTHON)


def airflow_environment() -> PythonEnvironment:
    """Built when the cache lacks it: about half a minute, 260 MB. Raises EnvironmentFailed."""
    return framework_environment(airflow())


def prepared_database(environment: PythonEnvironment) -> Path:
    """A database that has Airflow's tables, made once for an environment of the cache: about seven seconds of work.
    Raises EnvironmentFailed."""
    recipe = hashlib.sha256(HOST.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / "airflow" / f"{environment.folder.name}-{recipe}"
    found = folder / DATABASE
    if found.is_file():
        return found
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.is_file():
            aside = folder.with_suffix(".new")
            shutil.rmtree(aside, ignore_errors=True)
            _prepare(aside, environment)
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
    return found


def _prepare(folder: Path, environment: PythonEnvironment) -> None:
    (folder / "dags").mkdir(parents=True)
    (folder / "webserver_config.py").write_text(WEBSERVER)
    variables = {
        **SETTINGS,
        "AIRFLOW__FAB__UPDATE_FAB_PERMS": "True",
        "AIRFLOW_HOME": str(folder),
        "HOME": str(folder),
        "PATH": os.pathsep.join([str(environment.folder / "bin"), "/usr/bin", "/bin"]),
    }
    command = [str(environment.python), str(HOST), "prepare", str(folder)]
    done = subprocess.run(command, env=variables, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise EnvironmentFailed("Airflow's database could not be made.", last)
