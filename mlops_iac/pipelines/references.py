"""Where a step's input comes from: another step's output, or a parameter of the run.

Both are written as one word with a dot: ``prepare.train``, ``parameters.data``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetJsonSchemaHandler, model_serializer, model_validator
from pydantic_core import CoreSchema

from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import StepName, Word

PARAMETERS: Final = "parameters"
"""What a reference to a parameter starts with; no step can be called so that others refer to it."""

Json = dict[str, Any]


class FromStep(PipelineModel):
    """What an earlier step made, as `step.output`."""

    step: StepName
    output: Word

    def __str__(self) -> str:
        return f"{self.step}.{self.output}"

    @model_serializer
    def _write(self) -> str:
        return str(self)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        step, dot, output = value.partition(".")
        if not dot or step == PARAMETERS:
            raise ValueError("an output is written `step.output`, such as prepare.train")
        return {"step": step, "output": output}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {"type": "string", "pattern": r"^[a-z][a-z0-9-]*\.[A-Za-z0-9_]+$"}


class FromParameter(PipelineModel):
    """What the run was told, as `parameters.name`."""

    parameter: Word

    def __str__(self) -> str:
        return f"{PARAMETERS}.{self.parameter}"

    @model_serializer
    def _write(self) -> str:
        return str(self)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        start, dot, name = value.partition(".")
        if not dot or start != PARAMETERS:
            raise ValueError("a parameter is written `parameters.name`, such as parameters.data")
        return {"parameter": name}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {"type": "string", "pattern": rf"^{PARAMETERS}\.[A-Za-z0-9_]+$"}


def _either(value: Any) -> Any:
    """Text as the one of the two that it is, so that what is wrong with it is said once."""
    if isinstance(value, FromStep | FromParameter):
        return value
    start, dot, rest = value.partition(".") if isinstance(value, str) else ("", "", "")
    if not dot:
        raise ValueError("an input is written `step.output` or `parameters.name`, such as prepare.train")
    return FromParameter(parameter=rest) if start == PARAMETERS else FromStep(step=start, output=rest)


def _parameter_or_text(value: Any) -> Any:
    return (
        FromParameter.model_validate(value) if isinstance(value, str) and value.startswith(f"{PARAMETERS}.") else value
    )


Source = Annotated[FromStep | FromParameter, BeforeValidator(_either)]
"""An input of a step."""

TextOrParameter = Annotated[str | FromParameter, BeforeValidator(_parameter_or_text)]
"""Text as it is, or the parameter of the run that holds it."""
