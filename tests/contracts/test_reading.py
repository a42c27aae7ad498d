"""Text of others is read by the readers with bounds: `core.strict_json` for JSON, `config.document` for YAML."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = sorted(path for top in ("mlops_iac", "components", "blueprints") for path in (ROOT / top).rglob("*.py"))

OURS = "data that comes with this package"
LIBRARY = "data that comes with an installed library"
INSIDE_A_JOB = "runs where mlops-iac is not installed: standard library only"
JUST_WRITTEN = "what this function wrote"
MADE_BY_A_TEST = "what the part under test made, in the test's own process"

PLAIN_JSON = {
    "mlops_iac/core/strict_json.py": "the reader itself",
    "mlops_iac/core/carbon.py": OURS,
    "mlops_iac/core/champions.py": "the champion's evaluation, at most 4 MiB; it travels into a function",
    "blueprints/catalogue.py": OURS,
    "mlops_iac/core/deploy_actions.py": OURS,
    "mlops_iac/core/frameworks.py": OURS,
    "mlops_iac/core/gpus.py": OURS,
    "mlops_iac/core/lmi.py": OURS,
    "mlops_iac/core/machine_sizes.py": OURS,
    "mlops_iac/core/prices.py": OURS,
    "mlops_iac/core/service_models.py": LIBRARY,
    "mlops_iac/config/regions.py": LIBRARY,
    "mlops_iac/cloud/iam/reference.py": OURS,
    "mlops_iac/cloud/iam/build_actions.py": "makes data of this package, by hand, from a pinned public package",
    "mlops_iac/cloud/moto_patches/iam.py": LIBRARY,
    "mlops_iac/cloud/telemetry/events.py": JUST_WRITTEN,
    "mlops_iac/cloud/interpreters/airflow/place.py": "what Airflow's own process answers, on a socket of this cloud",
    "mlops_iac/cloud/interpreters/step_functions/intrinsics.py": "a literal that moto's grammar has recognised",
    "mlops_iac/cloud/jobs/launch.py": INSIDE_A_JOB,
    "mlops_iac/cloud/jobs/toolkits/sagemaker_training/environment.py": INSIDE_A_JOB,
    "mlops_iac/cloud/endpoints/mlops_iac_content.py": INSIDE_A_JOB,
    "mlops_iac/testing/contracts/blueprints.py": MADE_BY_A_TEST,
    "mlops_iac/testing/contracts/steps.py": MADE_BY_A_TEST,
    "mlops_iac/testing/contracts/world.py": MADE_BY_A_TEST,
    "mlops_iac/runs/launcher/default_inference.py": INSIDE_A_JOB,
    "mlops_iac/runs/launcher/mlops_iac_items.py": INSIDE_A_JOB,
    "mlops_iac/runs/launcher/mlops_iac_map.py": INSIDE_A_JOB,
    "mlops_iac/runs/launcher/mlops_iac_nodes.py": INSIDE_A_JOB,
    "mlops_iac/runs/launcher/mlops_iac_ray.py": INSIDE_A_JOB,
    "mlops_iac/runs/launcher/mlops_iac_results.py": INSIDE_A_JOB,
    "mlops_iac/runs/launcher/mlops_iac_run.py": INSIDE_A_JOB,
    "mlops_iac/runs/launcher/mlops_iac_step.py": INSIDE_A_JOB,
    "mlops_iac/runs/runners/metaflow/pulling.py": "its own argument, in the team's Metaflow, where nothing of ours is",
    "mlops_iac/runs/shipped/mlops_iac_ask.py": INSIDE_A_JOB,
    "mlops_iac/runs/shipped/mlops_iac_attribution.py": INSIDE_A_JOB,
    "mlops_iac/runs/shipped/mlops_iac_skew.py": INSIDE_A_JOB,
    "mlops_iac/runs/shipped/mlops_iac_captured.py": INSIDE_A_JOB,
    "mlops_iac/runs/shipped/mlops_iac_monitor.py": INSIDE_A_JOB,
    "mlops_iac/core/lake_files.py": INSIDE_A_JOB,
    "mlops_iac/core/notebook_cells.py": "travels into jobs; what it reads has a bound there, and here",
    "components/compute/batch_jobs.py": JUST_WRITTEN,
    "components/feature_store/feature_function.py": INSIDE_A_JOB,
    "components/monitoring/watch_function.py": INSIDE_A_JOB,
    "components/orchestrator/dags/mlops_iac_airflow.py": INSIDE_A_JOB,
    "components/orchestrator/dags/mlops_iac_airflow_run.py": INSIDE_A_JOB,
    "components/orchestrator/deploy_function.py": INSIDE_A_JOB,
    "components/orchestrator/notify_function.py": INSIDE_A_JOB,
    "components/orchestrator/query_function.py": INSIDE_A_JOB,
    "components/orchestrator/query_warehouse.py": INSIDE_A_JOB,
    "components/serving/scale_function.py": INSIDE_A_JOB,
    "mlops_iac/core/secret_values.py": "a secret, at most 64 KiB; it travels into jobs",
    "mlops_iac/runs/shipped/mlops_iac_rules.py": INSIDE_A_JOB,
    "mlops_iac/cloud/warehouse/statements.py": "rows that a query of this cloud wrote",
    "components/orchestrator/start_function.py": INSIDE_A_JOB,
    "components/registry/card_function.py": INSIDE_A_JOB,
    "components/tracking/track_function.py": INSIDE_A_JOB,
    "components/tracking/track_mlflow.py": INSIDE_A_JOB,
    "components/vector_store/index_function.py": INSIDE_A_JOB,
    "components/vector_store/retrieve_function.py": INSIDE_A_JOB,
}
"""Files that call Python's own reader, and why they may. A new one takes `read_json`, or says here why not."""

OWN_YAML = {"mlops_iac/config/document.py": "the reader itself"}


def calls(path: Path, module: str, names: set[str]) -> Iterator[int]:
    """Lines on which a module's functions are used, however they were imported."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == module and node.attr in names:
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == module:
            yield from (node.lineno for alias in node.names if alias.name in names)


def users(module: str, names: set[str]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in PRODUCT if any(calls(path, module, names))]


def test_json_is_read_within_bounds_wherever_others_may_have_written_it() -> None:
    assert users("json", {"load", "loads", "JSONDecoder"}) == sorted(PLAIN_JSON)


def test_yaml_is_read_by_one_reader() -> None:
    readers = {"load", "load_all", "safe_load", "safe_load_all", "full_load", "unsafe_load", "compose", "parse"}
    assert users("yaml", readers) == sorted(OWN_YAML)
