"""The environment that JupyterLab runs in on this machine: what jobs have, and JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mlops_iac.cloud.jobs import environments
from mlops_iac.cloud.jobs.environments import EnvironmentFailed, PythonEnvironment
from mlops_iac.core.frameworks import Framework
from mlops_iac.core.interpreters import get_interpreter
from mlops_iac.core.requirement_names import REQUIREMENTS

VERSION: Final = "4.5.0"
"""JupyterLab 4, as Studio's own images have it. BSD-3-Clause."""
NEEDED: Final = (f"jupyterlab=={VERSION}", "ipykernel")


def lab_environment(framework: Framework, code: Path) -> PythonEnvironment:
    """The framework's packages, what the team's requirements.txt names, and JupyterLab; built when the cache lacks it,
    for which it takes a package index. Raises EnvironmentFailed."""
    base, interpreter = environments.framework_environment(framework), get_interpreter(framework)
    file = code / REQUIREMENTS
    text = file.read_text("utf-8", "replace") if file.is_file() else ""
    folder = environments.named_folder("lab", interpreter, str(base.folder), text, *NEEDED)
    with environments.building(folder) as aside:
        if aside:
            environments.lay_over(aside, base, interpreter)
            pip = [str(aside / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            own = ["-r", str(file)] if text.strip() else []
            try:
                environments.run([*pip, *NEEDED, *own], f"installing JupyterLab {VERSION}", folder=code)
            except EnvironmentFailed as error:
                hint = "JupyterLab is fetched from a package index once: check the network, pip's settings, and "
                raise EnvironmentFailed(error.summary, error.detail, hint=f"{hint}{REQUIREMENTS}.") from error
    return PythonEnvironment(folder, base.folder)
