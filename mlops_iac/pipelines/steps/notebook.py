"""A step that executes one of the team's notebooks over folders, and keeps it with what its cells showed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from mlops_iac.core import notebook_cells
from mlops_iac.core.environment import SHIPPED
from mlops_iac.core.requirement_names import REQUIREMENTS, find_missing
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.conditions import EVALUATION, USUAL_OUTPUT
from mlops_iac.pipelines.hyperparameters import text_of
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromParameter, Source, TextOrParameter
from mlops_iac.pipelines.steps.processing import ProcessingStep
from mlops_iac.pipelines.steps.shipped import SHARED
from mlops_iac.pipelines.steps.step import Fault, KeyOf, Made, Output, Read, Record, ScriptStep

NotebookFile = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./ -]*\.ipynb$", max_length=200)]
"""A notebook inside the team's code folder."""

EXECUTED: Final = "notebook"
"""The output that is the executed notebook's folder."""
OPTION: Final = "mlops-iac-"
"""What our own arguments begin with: a variable of Python has no hyphen."""


def _as_text(value: Any) -> Any:
    return text_of(value) if isinstance(value, bool | int | float) else value


class NotebookStep(ScriptStep):
    """papermill executes it in a job. Variables of its cell tagged ``parameters`` get the step's ``arguments``, those
    of the cells tagged ``inputs`` and ``outputs`` the folders of the job.

    Its output ``notebook`` holds the executed notebook, also when a cell fails, and as HTML where the team's
    requirements have `nbconvert`. An output ``evaluation`` with an ``evaluation.json`` is one that gates read.
    """

    kind: ClassVar[str] = "notebook"
    shipped: ClassVar[str] = "mlops_iac_notebook.py"

    script: Literal["mlops_iac_notebook.py"] = "mlops_iac_notebook.py"
    """What executes the notebook; it is shipped."""
    notebook: NotebookFile
    """In the team's code folder."""
    inputs: dict[Word, Source] = Field(default_factory=dict)
    """Variable of the cell tagged ``inputs`` to the data that it leads to. Left out: the notebook reads nothing."""
    outputs: dict[Word, Output] = Field(default_factory=dict)
    """Variable of the cell tagged ``outputs`` to the folder of the lake that what is left there goes to. Left out: the
    executed notebook is all that it leaves."""
    arguments: dict[Word, Annotated[TextOrParameter, BeforeValidator(_as_text)]] = Field(default_factory=dict)
    """Variable of the cell tagged ``parameters`` to its value, as text: it becomes what the cell's own value is, a
    number or a truth value."""

    @model_validator(mode="after")
    def _check_notebook(self) -> Self:
        if EXECUTED in self.outputs:
            raise ValueError(f"the output `{EXECUTED}` is the executed notebook's: call yours otherwise")
        names = [*self.inputs, *self.outputs, *self.arguments]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"`{twice}` stands for two things: a variable of the notebook has one value")
        if self.job.instance_count > 1:
            raise ValueError(f"a notebook is executed by one machine, not {self.job.instance_count}")
        return self

    def processing(self) -> ProcessingStep:
        """The processing step that it is."""
        fields = {name: getattr(self, name) for name in SHARED}
        told = {"notebook": self.notebook, "inputs": ",".join(self.inputs), "outputs": ",".join(self.outputs)}
        own = {f"{OPTION}{name}": value for name, value in told.items() if value}
        return ProcessingStep(
            **fields, inputs=self.inputs, outputs={**self.makes()}, arguments={**own, **self.arguments}
        )

    def makes(self) -> Mapping[str, Output | Made]:
        return {EXECUTED: Record(zone="models", folder=self.name), **self.outputs}

    def reads(self) -> Iterator[Read]:
        for name, source in self.inputs.items():
            yield Read(f"inputs.{name}", source, ("prefix", "folder", "model"))
        for name, value in self.arguments.items():
            if isinstance(value, FromParameter):
                yield Read(f"arguments.{name}", value, ("string", "number"))

    def scripts(self) -> Mapping[str, str]:
        return {self.name: self.notebook}

    def faults(self, folder: Path) -> Iterator[Fault]:
        """Of the notebook itself, and of the packages that a job executes it with."""
        try:
            notebook = notebook_cells.read((folder / self.notebook).read_text("utf-8"))
            yield from self._strangers(notebook)
        except (notebook_cells.Unreadable, UnicodeDecodeError) as error:
            hint = "name another notebook, or save it anew in JupyterLab."
            yield Fault("notebook", f"Step `{self.name}` executes `{self.notebook}`, but {error}.", hint)
        if missing := find_missing(folder, notebook_cells.PACKAGES):
            listed = " and ".join(f"`{name}`" for name in missing)
            detail = f"Step `{self.name}` executes a notebook, for which {REQUIREMENTS} must name {listed}."
            yield Fault("notebook", detail, f"add {listed} to {REQUIREMENTS}, each on a line of its own.")

    def _strangers(self, notebook: Mapping[str, Any]) -> Iterator[Fault]:
        """Names that no tagged cell of the notebook assigns, and values that are not of a variable's type."""
        fields = {"parameters": "arguments", "inputs": "inputs", "outputs": "outputs"}
        for tag, field in fields.items():
            known = notebook_cells.assignments(notebook, tag)
            for name, value in getattr(self, field).items():
                if name not in known:
                    there = f"it assigns {', '.join(known)}" if known else "there is no such cell that assigns anything"
                    detail = f"The cell of `{self.notebook}` tagged `{tag}` does not assign `{name}`: {there}."
                    yield Fault(f"{field}.{name}", detail, did_you_mean(name, known) or f"assign `{name}` there.")
                elif isinstance(value, str) and (wrong := _find_mismatch(value, known[name].value)):
                    yield Fault(f"{field}.{name}", f"`{name}` of `{self.notebook}`: {wrong}.", "give it another value.")

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        found = {**self.processing().facts(key_of), SHIPPED: self.shipped}
        if USUAL_OUTPUT in self.outputs:
            found["evaluation"] = f"{key_of(self.output(USUAL_OUTPUT))}{EVALUATION}"
        return found


def _find_mismatch(text: str, default: Any) -> str | None:
    try:
        notebook_cells.value_of(text, default)
    except ValueError as error:
        return str(error)
    return None
