"""The JSON schema of a team's pipeline files, for editors: every kind of step with its fields and what they are.

Draft 2020-12 (https://json-schema.org/draft/2020-12). What a field is for stands below it, in the class of its kind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from mlops_iac.core.syntax_trees import parse_class
from mlops_iac.pipelines.caching import WRITTEN
from mlops_iac.pipelines.names import STEP_NAME_LENGTH
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.steps import Step

Json = dict[str, Any]

_NAME = rf"^[a-z]([a-z0-9]|-[a-z0-9]){{0,{STEP_NAME_LENGTH - 1}}}$"


def pipeline_schema(kinds: Iterable[type[Step]]) -> Json:
    """``kinds`` are the kinds of steps that can be had."""
    definitions: Json = {}
    steps = {kind.kind: _fields(kind, definitions) for kind in sorted(kinds, key=lambda kind: kind.kind)}
    parameter = _fields(Parameter, definitions)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Pipeline of a team, for mlops-iac",
        "type": "object",
        "properties": {
            "extends": {
                "type": "string",
                "description": "The pipeline of the blueprint that this one is a change of. Left out: all steps are "
                "written here.",
            },
            "cache": {**WRITTEN, "description": "What steps have for `cache` that do not say. Left out: none."},
            "triggers": {"type": "object", "description": "What starts the pipeline by itself, by name."},
            "parameters": {
                "type": "object",
                "description": "What a run may be told. An empty one takes that of the extended pipeline away.",
                "additionalProperties": {"anyOf": [{"type": "null"}, {**parameter, "required": []}]},
            },
            "steps": {
                "type": "object",
                "description": "Step to its kind and what the kind takes. Of a step of the extended pipeline, only "
                "what differs; an empty one is taken away.",
                "propertyNames": {"pattern": _NAME},
                "additionalProperties": {"anyOf": [{"type": "null"}, _step(steps)]},
            },
        },
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _step(kinds: Mapping[str, Json]) -> Json:
    """With a kind, that kind's fields; without one, changes of a step whose kind stands elsewhere."""
    whole = [
        {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": schema}
        for kind, schema in kinds.items()
    ]
    fields = {name: True for schema in kinds.values() for name in schema["properties"]}
    kind = {"enum": [*kinds], "description": "What the step is. Written for a new step, or one that is written anew."}
    return {"type": "object", "properties": {**fields, "kind": kind}, "additionalProperties": False, "allOf": whole}


def _fields(model: type[BaseModel], definitions: Json) -> Json:
    """A model's fields but its name, which is the key; what it refers to goes to the definitions."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    definitions.update(schema.pop("$defs", {}))
    about = field_docs(model)
    properties = {
        name: {**field, "description": about.get(name, "")} if about.get(name) else field
        for name, field in schema["properties"].items()
        if name != "name"
    }
    required = {*schema.get("required", ())} - {"name"}
    if issubclass(model, Step):
        for field, part in model.short_for.items():
            properties = {**_fields(part, definitions)["properties"], **properties}
            required -= {field}
        properties = {"kind": {"const": model.kind}, **properties}
    return {"type": "object", "properties": properties, "required": sorted(required), "additionalProperties": False}


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Field to the text below it in the class, its base classes' fields included."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner.__module__.startswith("mlops_iac"):
            found |= _docs_of(owner)
    return found


def _docs_of(owner: type) -> dict[str, str]:
    body = parse_class(owner)
    found = {}
    for field, after in zip(body.body, [*body.body[1:], None], strict=True):
        said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and after.value.value
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(said, str):
            found[field.target.id] = " ".join(said.split())
    return found
