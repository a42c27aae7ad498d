"""Executes one of the team's notebooks, and keeps it with what its cells showed.

papermill executes cell by cell and writes the notebook after each, so that one that fails is there to be looked at,
with the error in its place. A failure is told in one line: which cell, and what it said.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from mlops_iac_cells import (  # type: ignore[import-not-found, unused-ignore]
    PACKAGES,
    TAGS,
    Unreadable,
    assignments,
    read,
    tagged,
    value_of,
)
from mlops_iac_tables import PROCESSING, Unusable, run  # type: ignore[import-not-found, unused-ignore]

KERNEL = "python3"
"""The job's own Python, whatever the kernel was called where the notebook was written."""
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LONGEST = 2000
"""Characters of a failing cell that the log shows."""
INJECTED = "injected-parameters"
"""papermill's own tag of the cell with a run's values."""


def main(asked: argparse.Namespace) -> None:
    text = Path(asked.notebook).read_text(encoding="utf-8")
    try:
        notebook = read(text)
        values = find_values(notebook, asked)
    except Unreadable as problem:
        raise Unusable(f"{asked.notebook}: {problem}") from None
    place = PROCESSING / "output/notebook"
    place.mkdir(parents=True, exist_ok=True)
    executed = place / Path(asked.notebook).name
    try:
        execute(notebook, values, asked.notebook, executed)
    finally:
        show(executed)
    print(f"{asked.notebook}: executed, {len(notebook['cells'])} cells")


def find_values(notebook: Any, asked: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Tag to the values that the run has for the cell's variables, each of the type that the cell gives it."""
    told: dict[str, dict[str, Any]] = {
        "parameters": dict(asked.told),
        "inputs": {name: str(PROCESSING / "input" / name) for name in asked.inputs},
        "outputs": {name: str(PROCESSING / "output" / name) for name in asked.outputs},
    }
    for tag in TAGS:
        known = assignments(notebook, tag)
        for name, value in told[tag].items():
            if name not in known:
                there = ", ".join(known) or "nothing"
                raise Unusable(f"no cell tagged `{tag}` assigns {name}; it assigns {there}")
            if tag == "parameters":
                told[tag][name] = as_typed(name, value, known[name].value)
    return told


def as_typed(name: str, text: str, default: Any) -> Any:
    try:
        return value_of(text, default)
    except ValueError as error:
        raise Unusable(f"parameter {name} cannot be `{text}`: {error}") from None


def execute(notebook: Any, values: dict[str, dict[str, Any]], name: str, executed: Path) -> None:
    nbformat, papermill = bring()
    whole, added = with_values(nbformat.from_dict(notebook), values)
    ready = executed.with_suffix(".ready.ipynb")
    nbformat.write(whole, ready)
    try:
        papermill.execute_notebook(
            ready,
            executed,
            kernel_name=KERNEL,
            language="python",
            progress_bar=False,
            stdout_file=sys.stdout,
            stderr_file=sys.stderr,
            cwd=os.getcwd(),
            config=by_sockets(),
        )
    except papermill.PapermillExecutionError as failed:
        number = failed.cell_index + 1 - sum(each < failed.cell_index for each in added)
        shown = f"cell {number}" + (f" (In [{failed.exec_count}])" if failed.exec_count else "")
        print(f"---- {shown} ----\n{failed.source[:LONGEST]}\n----")
        print(COLOURS.sub("", "\n".join(failed.traceback))[-LONGEST:], flush=True)
        raise Unusable(f"{name}: {shown} failed: {failed.ename}: {failed.evalue}") from None
    finally:
        ready.unlink()


def by_sockets() -> Any:
    """The kernel is spoken to by files that only this job may open, and by no port."""
    from traitlets.config import Config  # type: ignore[import-not-found, unused-ignore]

    return Config({"KernelManager": {"transport": "ipc"}})


def bring() -> tuple[Any, Any]:
    try:
        import nbformat  # type: ignore[import-not-found, unused-ignore]
        import papermill  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise Unusable(f"{error}: name {' and '.join(PACKAGES)} in requirements.txt") from None
    return nbformat, papermill


def with_values(whole: Any, values: dict[str, dict[str, Any]]) -> tuple[Any, list[int]]:
    """The notebook with a cell of the run's values behind each that has some, and the places of these."""
    from nbformat.v4 import new_code_cell  # type: ignore[import-not-found, unused-ignore]
    from papermill.translators import translate_parameters  # type: ignore[import-not-found, unused-ignore]

    places: list[int] = []
    for tag in TAGS:
        for each in values[tag].values() if tag == "outputs" else ():
            Path(each).mkdir(parents=True, exist_ok=True)
        if values[tag]:
            code = translate_parameters(KERNEL, "python", values[tag], f"{tag} of this run")
            place = tagged(whole, tag) + 1
            cell = new_code_cell(code, metadata={"tags": [INJECTED]})
            if "id" not in whole.cells[0]:  # as before format 4.5
                del cell["id"]
            whole.cells.insert(place, cell)
            places = [each + (each >= place) for each in places] + [place]
    return whole, places


def show(executed: Path) -> None:
    """The notebook as a page, where nbconvert is there; it needs no network."""
    if not executed.is_file():
        return
    try:
        from nbconvert import HTMLExporter  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return
    body, _ = HTMLExporter(embed_images=True).from_filename(str(executed))
    executed.with_suffix(".html").write_text(body, encoding="utf-8")


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


class Parser(argparse.ArgumentParser):
    """Whatever is not ours is a variable of the notebook, as ``--name value``."""

    def parse_args(self, *given: Any, **also: Any) -> Any:
        asked, rest = self.parse_known_args(*given, **also)
        asked.told = [(rest[at][2:], rest[at + 1]) for at in range(0, len(rest) - 1, 2)]
        return asked


if __name__ == "__main__":
    os.environ["JUPYTER_RUNTIME_DIR"] = tempfile.mkdtemp()  # of sockets, whose paths may have 107 characters
    parser = Parser(prog="mlops_iac_notebook", allow_abbrev=False)
    parser.add_argument("--mlops-iac-notebook", dest="notebook", required=True)
    parser.add_argument("--mlops-iac-inputs", dest="inputs", type=names, default=[])
    parser.add_argument("--mlops-iac-outputs", dest="outputs", type=names, default=[])
    sys.path.insert(0, os.getcwd())
    run(main, parser)
