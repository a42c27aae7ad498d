"""Start a run: check, pack, store, start. Nothing is written before everything that can be checked has been."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import SHIPPED, Environment, Pipeline
from mlops_iac.core.errors import Problem, RunError
from mlops_iac.core.frameworks import get_framework
from mlops_iac.core.suggestions import nearest
from mlops_iac.runs.champions import ask_bounds, said_by_person
from mlops_iac.runs.clock import read_time
from mlops_iac.runs.data_versions import find_pins, stage
from mlops_iac.runs.folder import check_inside
from mlops_iac.runs.lake import find_object, upload
from mlops_iac.runs.model_card import STORED, read_words
from mlops_iac.runs.names import get_pipeline, make_run_id, names_of
from mlops_iac.runs.pack import ARCHIVE, BESIDE, MANIFEST, PackedCode, pack, read_launcher
from mlops_iac.runs.parameters import merge_parameters
from mlops_iac.runs.platforms import aws_platform, this_platform
from mlops_iac.runs.promoted import check_told
from mlops_iac.runs.record import read_data, write_record
from mlops_iac.runs.reuse import Reuse, may_reuse
from mlops_iac.runs.run import Run, StepRun
from mlops_iac.runs.runners import runner_for
from mlops_iac.runs.runners.execution import Execution, Order

KEPT, ABOUT = "kept", "about.json"
"""The fact by which a step says where it keeps results, and what lies there first."""
LARGEST_IN_MEMORY = 16 * 1024 * 1024
"""Bytes of an archive before it is written to a temporary file instead."""


def start(
    environment: Environment,
    clients: Clients,
    root: Path,
    pipeline: str = "training",
    parameters: Mapping[str, Any] | None = None,
    *,
    allowed: Collection[str] = (),
    cache: bool = True,
    versions: Sequence[str] = (),
) -> Run:
    """Start a pipeline with the code that lies in its folder now.

    ``root`` is the project's folder; ``parameters`` override the pipeline's defaults; files in ``allowed`` may look
    like secrets; without ``cache`` every step is done anew; ``versions`` of the data are read instead of what lies
    there now. Raises UsageError for an unknown pipeline, wrong parameters and unknown versions, RunError for missing
    scripts, code that cannot be packed and versions that are not whole any more, CloudError when refused.
    """
    chosen = get_pipeline(environment, pipeline)
    values = merge_parameters(chosen, parameters or {})
    check_told(chosen, values)
    pins = find_pins(environment, clients, chosen, values, versions)
    values |= {name: pin.place for name, pin in pins.items()}
    code = pack_code(environment, chosen, clients, root, allowed)
    words = read_words(root / chosen.code, root)
    runner = runner_for(environment, chosen, clients)
    values |= ask_bounds(environment, chosen, clients)
    now = read_time(environment, clients)
    order = make_order(environment, chosen, code, values, now)
    runner.check(order)
    data = read_data(environment, clients, chosen, values, pins)
    if may_reuse(chosen):
        reuse = Reuse(environment, chosen, clients, runner, code, values, data, order.run, now, cache)
        order = replace(order, cached=reuse.plan())
        reuse.claim(order.cached)
    for pin in pins.values():
        stage(environment, clients, pin)
    store_code(environment, chosen, clients, code, words)
    open_kept(environment, chosen, clients, code)
    make_current(environment, chosen, clients, code)
    write_record(environment, clients, order.run, code, data, pins)
    return to_run(environment, chosen, runner.start(order))


def push(
    environment: Environment,
    clients: Clients,
    root: Path,
    pipeline: str = "training",
    *,
    allowed: Collection[str] = (),
) -> PackedCode:
    """Store the code that lies in a pipeline's folder now, as what its triggers start runs with, and start nothing.

    Raises as `start` does.
    """
    chosen = get_pipeline(environment, pipeline)
    code = pack_code(environment, chosen, clients, root, allowed)
    store_code(environment, chosen, clients, code, read_words(root / chosen.code, root))
    open_kept(environment, chosen, clients, code)
    make_current(environment, chosen, clients, code)
    return code


def pack_code(
    environment: Environment, pipeline: Pipeline, clients: Clients, root: Path, allowed: Collection[str] = ()
) -> PackedCode:
    """The pipeline's code folder, packed for the platform where its jobs run."""
    framework = get_framework(pipeline.framework, pipeline.framework_version)
    platform = this_platform(framework) if clients.embedded else aws_platform(framework)
    folder = root / pipeline.code
    check_inside(folder, root)
    check_scripts(pipeline, folder)
    along = (pipeline, *_along(environment, pipeline))
    shipped = any(SHIPPED in step.facts for one in along for step in one.steps)
    return pack(folder, framework, platform, allowed=allowed, shipped=shipped)


def _along(environment: Environment, pipeline: Pipeline) -> list[Pipeline]:
    """Other pipelines that need no script of the team's: what this one is packed with, they run with too."""
    packed = (pipeline.code, pipeline.framework, pipeline.framework_version, pipeline.store)
    others = [one for one in environment.pipelines.values() if one.name != pipeline.name and not one.scripts]
    return [one for one in others if (one.code, one.framework, one.framework_version, one.store) == packed]


def check_scripts(pipeline: Pipeline, folder: Path) -> None:
    """All scripts must be there before a run starts. Raises RunError that names each one that is not."""
    if not folder.is_dir():
        return  # packing says so
    there = sorted(path.name for path in folder.iterdir() if path.suffix in (".py", ".ipynb"))
    problems = []
    for step, script in pipeline.scripts.items():
        if (folder / script).is_file():
            continue
        match = nearest(script, there)
        problems.append(
            Problem(
                path=script,
                summary="Script is missing.",
                detail=f"Step `{step}` runs `{script}`, which is not in `{folder}`.",
                hint=f"did you mean `{match}`?"
                if match
                else "write it, or name another under `scripts` in the stack file.",
            )
        )
    if problems:
        raise RunError.of(problems)


def store_code(
    environment: Environment, pipeline: Pipeline, clients: Clients, code: PackedCode, words: bytes | None = None
) -> None:
    """Put the code into the lake unless the same code is there. The manifest goes last: it says that all is there.

    ``words``: what the team says of its model, for its card; they are part of the code.
    """
    prefix = code_prefix(pipeline, code)
    if find_object(environment, clients, prefix + MANIFEST) is not None:
        return
    with tempfile.SpooledTemporaryFile(max_size=LARGEST_IN_MEMORY) as file:
        code.write_archive(file)  # type: ignore[arg-type]
        file.seek(0)
        upload(environment, clients, prefix + ARCHIVE, file)  # type: ignore[arg-type]
    for launcher in BESIDE:
        upload(environment, clients, prefix + launcher, read_launcher(launcher))
    if words is not None:
        upload(environment, clients, prefix + STORED, words)
    upload(environment, clients, prefix + MANIFEST, code.manifest_json())


def open_kept(environment: Environment, pipeline: Pipeline, clients: Clients, code: PackedCode) -> None:
    """Say what lies where maps keep the results of this code's tasks: SageMaker takes no input that has no object."""
    about = json.dumps(
        {"about": "Results of the tasks of maps, by content. Safe to delete, but for this file."}
    ).encode()
    for place in {step.facts[KEPT] for step in pipeline.steps if KEPT in step.facts}:
        key = place.replace("{code}", code.sha) + ABOUT
        if find_object(environment, clients, key) is None:
            upload(environment, clients, key, about)


def code_prefix(pipeline: Pipeline, code: PackedCode) -> str:
    return f"{pipeline.code_prefix}{code.sha}/"


def code_uri(environment: Environment, pipeline: Pipeline, code: PackedCode) -> str:
    return f"s3://{environment.get_store(pipeline.store).bucket}/{code_prefix(pipeline, code)}"


def make_current(environment: Environment, pipeline: Pipeline, clients: Clients, code: PackedCode) -> None:
    """Say that this is the code that was run or pushed last. It lies there already."""
    named = {"uri": code_uri(environment, pipeline, code), "sha": code.sha}
    for one in (pipeline, *_along(environment, pipeline)):
        upload(environment, clients, one.current_code, json.dumps(named).encode())


def make_order(
    environment: Environment, pipeline: Pipeline, code: PackedCode, parameters: Mapping[str, Any], now: datetime
) -> Order:
    """A new run: its id, and from it the names of what its steps will make."""
    run = make_run_id(now)
    return Order(
        run=run,
        code_uri=code_uri(environment, pipeline, code),
        code_sha=code.sha,
        parameters=parameters,
        names=names_of(environment.stack, run, pipeline),
    )


def to_run(environment: Environment, pipeline: Pipeline, execution: Execution) -> Run:
    return Run(
        id=execution.run,
        pipeline=pipeline.name,
        stack=environment.stack,
        handle=execution.handle,
        status=execution.status,
        started=execution.started,
        code=execution.code,
        parameters=said_by_person(pipeline, execution.parameters),
        steps=tuple(StepRun(name=step.name, kind=step.kind) for step in pipeline.steps),
    )
