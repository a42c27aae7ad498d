"""Where a step's input comes from: another step's output, a parameter of the run, or a bucket that is not the
environment's own.

The first two are written as one word with a dot: ``prepare.train``, ``parameters.data``; the third as what it is:
``s3://models/llama/``.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetJsonSchemaHandler, StringConstraints, model_serializer, model_validator
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


S3: Final = "s3://"
PREFIX: Final = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/([A-Za-z0-9!_.=-]+/)+$"
"""A bucket, and a folder of it that ends in a slash: a whole bucket is more than a step has any business with."""


class FromBucket(PipelineModel):
    """What lies below a prefix of a bucket that the environment uses and does not own, as `s3://bucket/folder/`."""

    uri: Annotated[str, StringConstraints(pattern=PREFIX, max_length=1024)]

    def __str__(self) -> str:
        return self.uri

    @property
    def bucket(self) -> str:
        return self.uri.removeprefix(S3).partition("/")[0]

    @property
    def prefix(self) -> str:
        """Ends in a slash."""
        return self.uri.removeprefix(S3).partition("/")[2]

    @model_serializer
    def _write(self) -> str:
        return str(self)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return {"uri": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {"type": "string", "pattern": PREFIX}


def _either(value: Any) -> Any:
    """Text as the one of them that it is, so that what is wrong with it is said once."""
    if isinstance(value, FromStep | FromParameter | FromBucket):
        return value
    if isinstance(value, str) and value.startswith(S3):
        if not re.match(PREFIX, value):
            raise ValueError("what lies in a bucket is written `s3://bucket/folder/`, with a slash at its end")
        return FromBucket(uri=value)
    start, dot, rest = value.partition(".") if isinstance(value, str) else ("", "", "")
    if not dot:
        raise ValueError("an input is written `step.output` or `parameters.name`, such as prepare.train")
    return FromParameter(parameter=rest) if start == PARAMETERS else FromStep(step=start, output=rest)


def _parameter_or_text(value: Any) -> Any:
    return (
        FromParameter.model_validate(value) if isinstance(value, str) and value.startswith(f"{PARAMETERS}.") else value
    )


Source = Annotated[FromStep | FromParameter | FromBucket, BeforeValidator(_either)]
"""An input of a step."""

TextOrParameter = Annotated[str | FromParameter, BeforeValidator(_parameter_or_text)]
"""Text as it is, or the parameter of the run that holds it."""
