"""A pipeline's run, from `start` to the deployed model, against the same scripts started one after the other by hand.

Both run in the framework's environment. By hand there is no cloud, no upload, no registry, and serving is the import of
the model: what the ratio says is what the platform costs on top of the team's own work.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.core.cache import cache_folder
from mlops_iac.runs.follow import RunEnded, follow
from mlops_iac.runs.start import start
from tests.benchmarks.measure import show
from tests.benchmarks.project import CHECKOUT, STACK, Project, project

RUNS = 3
SCRIPTS = CHECKOUT / "examples/screening"


def main() -> None:
    with project() as fresh:
        fresh.measure("up", STACK, "--yes")
        fresh.measure("data", "put", STACK, "examples/screening/data", "raw/")
        run_pipeline(fresh)  # the endpoint is there from now on, and every service of the cloud is imported
        python = newest_layer()
        pairs = [(run_pipeline(fresh), run_by_hand(python)) for _ in range(RUNS)]
    show("run of the pipeline", statistics.median(one for one, _ in pairs), "s")
    show("its scripts by hand", statistics.median(other for _, other in pairs), "s")
    ratio = statistics.median(one / other for one, other in pairs)
    show("ratio, median of pairs", ratio, "", "must be at most 1.60")


def newest_layer() -> Path:
    """The environment that the jobs of the first run used: the framework, and what the example requires, tabulate.

    Others may be made meanwhile.
    """
    marks = (cache_folder() / "environments").glob("layer-*/.ready")
    layers = [
        mark for mark in marks if any(mark.parent.glob("lib/*/site-packages/tabulate*"))
    ]  # others run beside this
    return max(layers, key=lambda mark: mark.stat().st_mtime).parent / "bin" / "python"


def run_pipeline(fresh: Project) -> float:
    backend = EmbeddedBackend(fresh.folder, STACK)
    environment, clients = backend.environment(), backend.clients()
    before = time.monotonic()
    run = start(environment, clients, fresh.folder, "training", {})
    for change in follow(environment, clients, run.id):
        if isinstance(change, RunEnded) and change.run.status != "succeeded":
            raise RuntimeError(f"the run {change.run.status}")
    return time.monotonic() - before


def run_by_hand(python: Path) -> float:
    with tempfile.TemporaryDirectory() as name:
        at = Path(name)
        folders = {each: str(at / each) for each in ("valid", "train", "test", "model", "evaluation")}
        for folder in folders.values():
            Path(folder).mkdir()
        commands: Sequence[tuple[str, ...]] = (
            ("validate.py", "--input", str(SCRIPTS / "data"), "--output", folders["valid"]),
            ("prepare.py", "--input", folders["valid"], "--train", folders["train"], "--test", folders["test"]),
            ("train.py", "--train", folders["train"], "--model-dir", folders["model"]),
            ("-c", f"import joblib, sklearn, pandas; joblib.load({folders['model'] + '/model.joblib'!r})"),
        )
        before = time.monotonic()
        for command in commands[:3]:
            run_script(python, command)
        pack = ("tar", "-czf", f"{folders['model']}/model.tar.gz", "-C", folders["model"], "model.joblib")
        subprocess.run(pack, check=True)
        evaluate = ("evaluate.py", "--model", folders["model"], "--test", folders["test"])
        run_script(python, (*evaluate, "--output", folders["evaluation"]))
        run_script(python, commands[3])
        return time.monotonic() - before


def run_script(python: Path, words: Sequence[str]) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([python, *words], cwd=SCRIPTS, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} by hand: {done.stderr[-500:]}")


if __name__ == "__main__":
    main()
