"""The JSON schema of stack files, for editors: what is allowed where, with the models' own descriptions.

Draft 2020-12 (https://json-schema.org/draft/2020-12). Editors find it by the first line of a stack file:
``# yaml-language-server: $schema=…``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from mlops_iac.config import names
from mlops_iac.config.company import DEFAULTS, CompanyFile
from mlops_iac.config.envelope import Envelope
from mlops_iac.config.load import runs_code
from mlops_iac.config.namespaces import AWS_KEYS, AWS_SECRETS, TOP_KEYS
from mlops_iac.config.project import PROJECT
from mlops_iac.config.regions import list_regions

DIALECT = GenerateJsonSchema.schema_dialect

_SECRET = {
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
    "description": "A secret, encrypted by `pulumi config set --secret`.",
}

_PATTERNS = {"team": f"^{names.TEAM.pattern}$", "environment": f"^{names.ENVIRONMENT.pattern}$"}


def stack_schema(blueprints: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The schema of a whole stack file. `blueprints` holds each blueprint's Options model by its name."""
    definitions: dict[str, Any] = {}
    envelope = _lift_definitions(Envelope, "envelope", definitions)["properties"]
    envelope["blueprint"]["enum"] = sorted(blueprints)
    for key, pattern in _PATTERNS.items():
        envelope[key]["pattern"] = pattern
    properties = {f"{PROJECT}:{key}": schema for key, schema in envelope.items()} | _aws_properties()
    required = [f"{PROJECT}:{key}" for key, field in Envelope.model_fields.items() if field.is_required()]
    config = {
        "type": "object",
        "description": TOP_KEYS["config"],
        "properties": properties,
        "required": ["aws:region", *required],
        # Other namespaces are free; in this tool's own, only known keys are.
        "patternProperties": {f"^(?!{PROJECT}:)[^:]+:.+$": True},
        "additionalProperties": False,
        "allOf": [_options_of(name, model, definitions) for name, model in sorted(blueprints.items())],
    }
    top = {key: {"type": "string", "description": text} for key, text in TOP_KEYS.items()} | {"config": config}
    return {
        "$schema": DIALECT,
        "title": "Stack file of mlops-iac",
        "type": "object",
        "properties": top,
        "required": ["config"],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def company_schema(blueprints: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The schema of a company's file, ``mlops-iac.yaml``."""
    definitions: dict[str, Any] = {}
    whole = _lift_definitions(CompanyFile, "company", definitions)
    envelope = _lift_definitions(Envelope, "envelope", definitions)["properties"]
    envelope["blueprint"]["enum"] = sorted(blueprints)
    defaults = {"type": "object", "properties": {key: envelope[key] for key in DEFAULTS}, "additionalProperties": False}
    for rules in (whole, definitions["company.Group"]):
        rules["properties"]["defaults"] |= defaults
    title = "What a company decides for all stacks"
    return {"$schema": DIALECT, **whole, "title": title, "$defs": dict(sorted(definitions.items()))}


def _options_of(name: str, model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """If the blueprint is this one, then its options are these; they may be left out when all have defaults."""
    schema = _lift_definitions(model, name, definitions)
    description = Envelope.model_fields["options"].description
    definitions[name] = {**schema, "description": schema.get("description", description)}
    blueprint, options = f"{PROJECT}:blueprint", f"{PROJECT}:options"
    then: dict[str, Any] = {"properties": {options: {"$ref": f"#/$defs/{_escape(name)}"}}}
    required = [f"{PROJECT}:code"] * runs_code(model) + [options] * bool(schema.get("required"))
    if required:
        then["required"] = required
    return {"if": {"properties": {blueprint: {"const": name}}, "required": [blueprint]}, "then": then}


def _lift_definitions(model: type[BaseModel], owner: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """A model's schema, with its definitions moved to the top under names of their own: `<owner>.<Model>`."""
    schema = model.model_json_schema(ref_template=f"#/$defs/{_escape(owner)}.{{model}}")
    for name, definition in schema.pop("$defs", {}).items():
        definitions[f"{owner}.{name}"] = definition
    return schema


def _aws_properties() -> dict[str, Any]:
    properties: dict[str, Any] = {f"aws:{key}": True for key in AWS_KEYS} | {
        f"aws:{key}": _SECRET for key in AWS_SECRETS
    }
    properties["aws:profile"] = {"type": "string", "description": "Profile in ~/.aws to use on AWS."}
    properties["aws:region"] = {
        "type": "string",
        "enum": list(list_regions()),
        "description": "The region everything is in.",
    }
    return properties


def _escape(name: str) -> str:
    """A definition's name inside a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
