"""A target is one noun in four rooms, and no other file names it.

A platform is a target whose documents its own tools write: the team's flow is the pipeline. It has a component, a
reader of what the team wrote, and a runner; there is nothing of ours to compile to it, and what it deploys is run by
the service that it deploys to.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.components.orchestrator.orchestrator import ORCHESTRATORS
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.runs.runners import RUNNERS, Runner

ROOT = Path(__file__).parents[2]
PRODUCT = [
    *(ROOT / "mlops_iac").rglob("*.py"),
    *(ROOT / "components").rglob("*.py"),
    *(ROOT / "blueprints").rglob("*.py"),
]

ROOMS = (
    "mlops_iac/pipelines/compile",
    "components/orchestrator",
    "mlops_iac/cloud/interpreters",
    "mlops_iac/runs/runners",
)

PLATFORMS = ("metaflow",)
"""Names in `RUNNERS` that have no compiler and no interpreter of their own. A blueprint for each is called after it."""

WORDS: dict[str, tuple[str, ...]] = {
    "airflow": ("airflow", "mwaa", "invoke_rest_api"),
    "metaflow": ("metaflow", "METAFLOW"),
    "sagemaker-pipelines": ("sagemaker-pipelines", "sagemaker_pipelines", "pipeline_execution", "PipelineExecution"),
    "step-functions": ("step-functions", "step_functions", "stepfunctions", "stateMachine", "arn:aws:states"),
}
"""Target to what only its rooms may say in code: its name, its modules, its calls and its ARNs."""

SERVICES = (
    "mlops_iac/cloud/activities.py",
    "mlops_iac/cloud/compliance",
    "mlops_iac/cloud/coverage.py",
    "mlops_iac/cloud/delivery.py",
    "mlops_iac/cloud/handlers",
    "mlops_iac/cloud/iam",
    "mlops_iac/cloud/jobs/warming.py",
    "mlops_iac/cloud/moto_patches",
    "mlops_iac/cloud/schedules",
    "mlops_iac/cloud/server.py",
    "mlops_iac/cloud/services.py",
    "mlops_iac/cloud/telemetry",
    "mlops_iac/cloud/trail",
    "mlops_iac/cloud/wire.py",
)
"""Where the embedded cloud offers AWS's services as such: Step Functions and SageMaker are two of them, whoever uses
them."""

TABLES = {
    "blueprints/__init__.py": "the table of blueprints",
    "blueprints/parts/run_options.py": "the option's values",
    "components/__init__.py": "the table of components",
    "components/account/rights.py": "services that roles of environments are for",
    "mlops_iac/cost/rates.py": "prices by resource type",
    "components/_kit/naming.py": "physical names by resource type",
    "mlops_iac/core/resource_types.py": "one record of facts per resource type",
    "mlops_iac/policy/jobs.py": "requests inside documents by resource type, for policies",
    "mlops_iac/testing/contracts/world.py": "ARNs by resource type, as AWS would give them",
}


def test_every_target_has_all_four_rooms() -> None:
    assert list(TARGETS) == list(ORCHESTRATORS) == sorted(TARGETS)
    assert list(RUNNERS) == list(WORDS) == sorted({*TARGETS, *PLATFORMS})
    for target in TARGETS:
        module = target.replace("-", "_")
        assert (ROOT / ROOMS[0] / module / "__init__.py").is_file()
        assert (ROOT / ROOMS[1] / f"{module}.py").is_file()
        assert (ROOT / ROOMS[2] / module / "__init__.py").is_file()
        assert (ROOT / ROOMS[3] / module / "__init__.py").is_file() or (ROOT / ROOMS[3] / f"{module}.py").is_file()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_has_three_rooms_and_compiles_nothing(platform: str) -> None:
    assert platform not in TARGETS
    reader: Any = importlib.import_module(f"mlops_iac.pipelines.compile.{platform}")
    assert reader.REASON
    assert not hasattr(reader, "compile")
    assert platform == importlib.import_module(f"mlops_iac.components.orchestrator.{platform}").TARGET
    assert not (ROOT / ROOMS[2] / platform).exists()


@pytest.mark.parametrize("target", RUNNERS)
def test_a_runner_offers_what_commands_ask_for(target: str) -> None:
    runner = importlib.import_module(RUNNERS[target]).Runner
    for name, asked in vars(Runner).items():
        if inspect.isfunction(asked) and not name.startswith("_"):
            assert inspect.signature(getattr(runner, name)) == inspect.signature(asked), name


@pytest.mark.parametrize("target", TARGETS)
def test_the_rooms_offer_what_their_users_ask_for(target: str) -> None:
    compiler: Any = importlib.import_module(TARGETS[target])
    assert {"COMPILERS", "compile", "grants_for", "parts_of", "step_of"} <= set(vars(compiler))
    assert importlib.import_module(ORCHESTRATORS[target]).orchestrate
    assert target == importlib.import_module(ORCHESTRATORS[target]).TARGET


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """Every text in a file's code, names of modules and attributes included; docstrings speak to people."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    spoken = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.lineno, node.value
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


@pytest.mark.parametrize("target", RUNNERS)
def test_no_other_file_names_a_target(target: str) -> None:
    found = []
    for file in PRODUCT:
        path = file.relative_to(ROOT).as_posix()
        if (
            path in TABLES
            or path.startswith((*ROOMS, *SERVICES, *(f"blueprints/{one}_platform/" for one in PLATFORMS)))
            or "/components/" in path
            or "/blueprints/" in path
        ):
            continue
        if any(word in file.read_text(encoding="utf-8") for word in WORDS[target]):  # parsing is what costs
            found += [f"{path}:{line}: {text}" for line, text in strings(file) if any(w in text for w in WORDS[target])]
    assert found == []


def test_the_exceptions_are_real() -> None:
    for path in (*SERVICES, *TABLES):
        assert (ROOT / path).exists(), path
