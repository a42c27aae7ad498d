"""A pipeline of one notebook: what its tagged cells say, as the file that a team would write.

The notebook stays where it is, in the team's code; the pipeline's step executes it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlops_iac.config.load import load_stack
from mlops_iac.config.project import list_stacks
from mlops_iac.core import notebook_cells as cells
from mlops_iac.core.errors import MlopsError, UsageError
from mlops_iac.core.requirement_names import REQUIREMENTS, find_missing
from mlops_iac.core.strict_json import LARGEST_FILE, finite
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.conditions import USUAL_OUTPUT
from mlops_iac.pipelines.names import STEP_NAME, STEP_NAME_LENGTH
from mlops_iac.pipelines.parameters import find_mismatch
from mlops_iac.pipelines.steps.notebook import NotebookStep
from mlops_iac.program.pipeline_files import FOLDER, read_pipelines
from mlops_iac.scaffold.safe_yaml import block

ENDING: Final = ".ipynb"
WORD: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")
USUAL_DATA: Final = "raw/"


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """What would be written, and what is to be known of it."""

    root: Path
    code: str
    """The team's code folder, relative to the project's root."""
    stacks: tuple[str, ...]
    """Environments with this code."""
    name: str
    text: str
    packages: tuple[str, ...]
    """What requirements.txt must name as well."""
    notes: tuple[str, ...]
    """What of the notebook a run cannot be told, as sentences."""

    @property
    def file(self) -> str:
        return f"{self.code}/{FOLDER}/{self.name}.yaml"

    @property
    def requirements(self) -> str:
        return f"{self.code}/{REQUIREMENTS}"

    def save(self, *, replace: bool = False) -> list[str]:
        """Write the pipeline and what requirements.txt lacks; the files that changed. Raises UsageError for a pipeline
        that is there, unless ``replace``, and ConfigError for one that the project would not take; nothing is written
        then."""
        file = self.root / self.file
        if file.exists() and not replace:
            detail = f"`{self.file}` is there; nothing was changed."
            hint = "--replace writes it anew, --name gives the pipeline another name."
            raise UsageError("The pipeline is already there.", detail, hint=hint)
        self._write_checked(file)
        if not self.packages:
            return [self.file]
        place = self.root / self.requirements
        there = place.read_text("utf-8") if place.is_file() else ""
        gap = "" if not there or there.endswith("\n") else "\n"
        place.write_text(f"{there}{gap}{''.join(f'{name}{chr(10)}' for name in self.packages)}", encoding="utf-8")
        return [self.file, self.requirements]

    def _write_checked(self, file: Path) -> None:
        """It is read back as a preview reads it; what was there before stays when that fails."""
        before = file.read_bytes() if file.exists() else None
        file.parent.mkdir(exist_ok=True)
        file.write_text(self.text, encoding="utf-8")
        try:
            read_pipelines(self.root, self.root / self.code, ())
        except MlopsError as error:
            if any(problem.file == self.file for problem in error.problems):
                file.unlink() if before is None else file.write_bytes(before)
                raise


def draft(root: Path, notebook: Path, name: str = "", data: Mapping[str, str] | None = None) -> Drafted:
    """The pipeline of a notebook. ``data`` says where in the lake an input is; left out: `raw/`.

    Raises UsageError for a file that is no notebook of a team's, for a name that no pipeline can have, and for an input
    that the notebook does not have.
    """
    found = _read(notebook)
    code, stacks = _owner(root, notebook)
    inside = notebook.resolve().relative_to((root / code).resolve()).as_posix()
    name = _name(name, notebook)
    reading = _Reading(found)
    parameters = {**reading.inputs(data or {}), **reading.parameters()}
    step: dict[str, Any] = {"kind": NotebookStep.kind, "notebook": inside}
    told = {field: {one: f"parameters.{one}" for one in names} for field, names in reading.names.items() if names}
    outputs = {
        one: {"zone": "models" if one == USUAL_OUTPUT else "curated", "folder": one.lower()}
        for one in reading.assigned("outputs")
    }
    step |= told | ({"outputs": outputs} if outputs else {})
    lines = [f"# Of the cells of {inside} that are tagged parameters, inputs and outputs."]
    lines += block({**({"parameters": parameters} if parameters else {}), "steps": {name: step}})
    return Drafted(
        root=root,
        code=code,
        stacks=stacks,
        name=name,
        text="\n".join(lines) + "\n",
        packages=find_missing(root / code, cells.PACKAGES),
        notes=tuple(reading.notes),
    )


class _Reading:
    """The tagged cells of a notebook."""

    def __init__(self, notebook: dict[str, Any]) -> None:
        self.notebook = notebook
        self.notes: list[str] = []
        self.names: dict[str, list[str]] = {"inputs": [], "arguments": []}

    def assigned(self, tag: str) -> dict[str, cells.Assigned]:
        try:
            found = cells.assignments(self.notebook, tag)
        except cells.Unreadable as error:
            raise UsageError("A cell cannot be read.", f"Of the notebook: {error}.", hint="mend the cell.") from None
        good = {name: one for name, one in found.items() if WORD.fullmatch(name)}
        self.notes += [f"`{name}` is no name that a parameter can have: small letters, A to Z, digits and underscores."
                       for name in found if name not in good]  # fmt: skip
        return good

    def inputs(self, data: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        known = self.assigned("inputs")
        for name, prefix in data.items():
            if name not in known:
                detail = f"No cell tagged `inputs` assigns `{name}`; it assigns {', '.join(known) or 'nothing'}."
                raise UsageError("The notebook has no such input.", detail, hint=did_you_mean(name, known))
            if mismatch := find_mismatch("prefix", prefix):
                raise UsageError("No place in the lake.", f"`{name}` is `{prefix}`; it {mismatch}.")
        self.names["inputs"] = [*known]
        return {
            name: {"type": "prefix", "default": data.get(name, USUAL_DATA)} | _described(one)
            for name, one in known.items()
        }

    def parameters(self) -> dict[str, dict[str, Any]]:
        if cells.tagged(self.notebook, "parameters") is None:
            self.notes.append("No cell has the tag `parameters`: a run cannot be told anything but where its data is.")
        made = {}
        for name, one in self.assigned("parameters").items():
            fields = _parameter(one)
            if fields is None:
                self.notes.append(
                    f"`{name}` stays as the notebook has it: a run is told text, numbers, true and false."
                )
            else:
                made[name] = fields | _described(one)
        self.names["arguments"] = [*made]
        return made


def _parameter(one: cells.Assigned) -> dict[str, Any] | None:
    if isinstance(one.value, bool):
        return {"type": "string", "default": str(one.value).lower(), "allowed": ["true", "false"]}
    if finite(one.value) is not None:
        return {"type": "number", "default": one.value}
    return {"type": "string", "default": one.value} if isinstance(one.value, str) else None


def _described(one: cells.Assigned) -> dict[str, str]:
    return {"description": one.comment} if one.comment else {}


def _read(notebook: Path) -> dict[str, Any]:
    if notebook.suffix != ENDING or not notebook.is_file():
        near = sorted(path.name for path in notebook.parent.glob(f"*{ENDING}")) if notebook.parent.is_dir() else []
        detail = f"`{notebook}` is no file that ends in {ENDING}."
        raise UsageError("There is no such notebook.", detail, hint=did_you_mean(notebook.name, near))
    if notebook.stat().st_size > LARGEST_FILE:
        detail = f"`{notebook}` has more than {LARGEST_FILE // 2**20} MiB, most of it what its cells showed."
        raise UsageError("The notebook is too large.", detail, hint="clear its outputs, and save it.")
    try:
        return cells.read(notebook.read_text("utf-8"))
    except (cells.Unreadable, UnicodeDecodeError) as error:
        hint = "name another notebook, or save it anew in JupyterLab."
        raise UsageError("The notebook cannot be used.", f"`{notebook}`: {error}.", hint=hint) from None


def _owner(root: Path, notebook: Path) -> tuple[str, tuple[str, ...]]:
    """The code folder that holds the notebook, the innermost where there are several, and the stacks that have it."""
    folders: dict[str, list[str]] = {}
    for stack, code in _codes(root):
        folders.setdefault(code, []).append(stack)
    place = notebook.resolve()
    holding = [code for code in folders if place.is_relative_to((root / code).resolve())]
    if not holding:
        listed = ", ".join(f"`{code}`" for code in sorted(folders)) or "none: no stack file has a `code` folder"
        detail = f"`{notebook}` lies in no team's code folder. There are: {listed}."
        hint = "move it into your team's; `mlops-iac new` makes an environment with one."
        raise UsageError("The notebook is no team's.", detail, hint=hint)
    code = max(holding, key=len)
    return code, tuple(sorted(folders[code]))


def _codes(root: Path) -> Iterator[tuple[str, str]]:
    for stack in list_stacks(root):
        try:
            config = load_stack(root, stack, options_model=None)
        except MlopsError:
            continue  # another stack's file is for another command to complain about
        if config.code:
            yield stack, config.code


def _name(given: str, notebook: Path) -> str:
    """What was asked for, or the notebook's own name as a pipeline can have it."""
    plain = re.sub(r"[^a-z0-9]+", "-", notebook.stem.lower()).strip("-")
    name = given or re.sub(r"^[^a-z]+", "", plain)[:STEP_NAME_LENGTH].rstrip("-")
    if not STEP_NAME.fullmatch(name):
        detail = f"Value given: {name or notebook.stem}. Values allowed: small letters, digits and single hyphens, a "
        raise UsageError(
            "A pipeline cannot be called so.",
            f"{detail}letter first, {STEP_NAME_LENGTH} at most.",
            hint="give it a name: --name NAME.",
        )
    return name
