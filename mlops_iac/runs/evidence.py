"""What auditors are given of an environment: a folder of files, and a manifest by which it can be checked later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import UsageError
from mlops_iac.core.retention import EVIDENCE
from mlops_iac.core.strict_json import NotStrictJson, read_json_file
from mlops_iac.runs.approvals import KIND
from mlops_iac.runs.clock import read_time
from mlops_iac.runs.history import get_run, list_runs
from mlops_iac.runs.lake import lock_of, upload
from mlops_iac.runs.models import list_models
from mlops_iac.runs.record import find_record
from mlops_iac.runs.verify import find_fault

MANIFEST: Final = "manifest.json"
MOST_RUNS: Final = 200
"""The latest runs that are told."""


def tell_runs(environment: Environment, clients: Clients) -> list[dict[str, Any]]:
    """The latest runs, each with the versions of its data, and who let it go on or ended it."""
    return [_run(environment, clients, listed.id) for listed in list_runs(environment, clients, limit=MOST_RUNS)]


def tell_models(environment: Environment, clients: Clients) -> list[dict[str, Any]]:
    """Every version, and what the verifier says of its signature now."""
    return [
        {**model.to_json(), "signature": signature_of(environment, clients, model.arn, model.registry)}
        for model in list_models(environment, clients)
    ]


def _run(environment: Environment, clients: Clients, id: str) -> dict[str, Any]:
    run = get_run(environment, clients, id)
    told = run.to_json(steps=False)
    answers = [
        {"step": step.name, "approved": step.answer.approved, **step.answer.told}
        for step in run.steps
        if step.kind == KIND and step.answer
    ]
    record = find_record(environment, clients, run.id)
    data = {name: dict(one) for name, one in record.data.items()} if record else None
    return {**told, "data": data, "approvals": answers}


def signature_of(environment: Environment, clients: Clients, package: str, registry: str) -> str:
    """``holds``, ``none`` where models are not signed, or why it does not hold."""
    if environment.registries[registry].verifier is None:
        return "none"
    return find_fault(environment, clients, package, registry) or "holds"


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files and their manifest. Raises UsageError for a folder that has something in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        detail = f"`{folder}` exists and is not empty; evidence is not mixed with other files."
        raise UsageError("The folder is taken.", detail, hint="name a folder that is not there.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    sums = {name: _sum(folder / name) for name in sorted(files)}
    (folder / MANIFEST).write_text(json.dumps({"sha256": sums}, indent=2) + "\n", encoding="utf-8")


def keep_folder(environment: Environment, clients: Clients, folder: Path) -> str:
    """Put a folder that was written into the lake, locked where there is retention; answers where it lies."""
    prefix = f"{EVIDENCE}{read_time(environment, clients):%Y%m%dT%H%M%SZ}/"
    for file in sorted(folder.iterdir()):
        more = {"IfNoneMatch": "*", **lock_of(environment, clients)}
        upload(environment, clients, f"{prefix}{file.name}", file.read_bytes(), **more)
    return f"s3://{environment.lake.bucket}/{prefix}"


def find_faults(folder: Path) -> list[str]:
    """What is not as the manifest says: changed, missing, added. Raises UsageError where there is no manifest."""
    try:
        sums = read_json_file(folder / MANIFEST)["sha256"]
        known = {str(name): str(value) for name, value in sums.items()}
    except (OSError, NotStrictJson, KeyError, TypeError, AttributeError) as error:
        detail = f"`{folder}` has no {MANIFEST} that can be read: {error}."
        raise UsageError("No evidence there.", detail, hint="name the folder that `evidence --out` wrote.") from None
    there = {path.name for path in folder.iterdir()} - {MANIFEST}
    changed = [f"{name} was changed" for name in sorted(known.keys() & there) if _sum(folder / name) != known[name]]
    missing = [f"{name} is missing" for name in sorted(known.keys() - there)]
    return [*changed, *missing, *(f"{name} was added" for name in sorted(there - known.keys()))]


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
