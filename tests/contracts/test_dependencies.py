"""`constraints.txt` holds a version for all that `pyproject.toml` asks for, and none that it does not allow."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]


def asked() -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    return [one for one in map(Requirement, lines) if one.name != PROJECT["name"]]


def held() -> dict[str, str]:
    lines = [line for line in (CHECKOUT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = [Requirement(line) for line in lines]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


@pytest.mark.parametrize("requirement", asked(), ids=str)
def test_a_dependency_is_held_at_a_version_that_is_allowed(requirement):
    name = canonicalize_name(requirement.name)
    assert name in held(), f"{requirement} is not held; run: make constraints"
    assert requirement.specifier.contains(held()[name]), f"{requirement} against {held()[name]}; run: make constraints"


def test_a_constraint_is_one_exact_version():
    assert {name: version for name, version in held().items() if not version[0].isdigit()} == {}


OTHER_PYTHONS = (
    "scaffold/examples/",
    "scaffold/templates/",
    "runs/launcher/",
    "runs/runners/metaflow/pulling.py",
    "runs/shipped/",
    "cloud/jobs/toolkits/",
    "cloud/endpoints/m",
    "cloud/mlflow/serve_mlflow.py",
    "cloud/interpreters/airflow/airflow_",
)
"""What runs in a job's or an endpoint's own interpreter, beside the packages that its framework brings."""
OPTIONAL = {
    "jsonata": "Step Functions' second query language, where it is installed",
    "launch_bridge": "our own file, which lies beside a script that runs outside the package",
}


def imported() -> dict[str, set[str]]:
    """Third-party module to the files that import it, whatever the depth of the import."""
    found: dict[str, set[str]] = {}
    for path in (CHECKOUT / "mlops_iac").rglob("*.py"):
        place = path.relative_to(CHECKOUT / "mlops_iac").as_posix()
        if place.startswith(OTHER_PYTHONS):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names and top != "mlops_iac":
                    found.setdefault(top, set()).add(place)
    return found


@pytest.mark.parametrize("module", sorted(imported()))
def test_what_is_imported_is_asked_for(module):
    files = imported()[module]
    if module in OPTIONAL:
        return
    names = {canonicalize_name(name) for name in packages_distributions().get(module, [])}
    assert names & {canonicalize_name(one.name) for one in asked()}, f"{sorted(files)[:3]} import {module}"
