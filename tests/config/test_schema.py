"""The schema for editors allows what load_stack allows, and refuses what it refuses, as far as a schema can."""

from __future__ import annotations

import jsonschema
import pytest
import yaml

from mlops_iac.config.schema import stack_schema
from mlops_iac.config.section import Section

from .conftest import HEAD, Options


class Other(Section):
    depth: int


@pytest.fixture(scope="module")
def schema():
    return stack_schema({"tabular-batch": Options, "other": Other})


@pytest.fixture(scope="module")
def errors(schema):
    validator = jsonschema.Draft202012Validator(schema)

    def errors(text):
        return [error.message for error in validator.iter_errors(yaml.safe_load(text))]

    return errors


def test_it_is_a_valid_schema_of_draft_2020_12(schema):
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_good_files_pass(errors):
    assert errors(HEAD) == []
    assert (
        errors(HEAD + "  mlops-iac:options: {gate: {at_least: 0.9}, compute: {kind: cpu}}\n  datadog:site: eu\n") == []
    )
    assert errors("encryptionsalt: v1\n" + HEAD + "  aws:secretKey: {secure: v1}\n  mlops-iac:protect: true\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "config: {}",
        "confg: {}\n" + HEAD,
        HEAD.replace("eu-west-1", "eu-wset-1"),
        HEAD.replace("team: screening", "team: Screening"),
        HEAD.replace("team: screening", "team: a--b"),
        HEAD.replace("tabular-batch", "tabular-bach"),
        HEAD.replace("  mlops-iac:code: examples/screening\n", ""),
        HEAD + "  mlops-iac:securty: standard\n",
        HEAD + "  mlops-iac:security: strict\n",
        HEAD + "  mlops-iac:options: {gate: {at_leest: 0.9}}\n",
        HEAD + "  mlops-iac:options: {framework: {name: sklearn, version: 1.10}}\n",
        HEAD + "  mlops-iac:options: {compute: {kind: gpuu}}\n",
        HEAD + "  aws:secretKey: AKIA\n",
        HEAD + "  team: x\n",
    ],
)
def test_wrong_files_do_not(errors, text):
    assert errors(text)


def test_each_blueprint_has_options_of_its_own(errors):
    other = HEAD.replace("tabular-batch", "other")
    assert errors(other + "  mlops-iac:options: {depth: 3}\n") == []
    assert errors(other + "  mlops-iac:options: {gate: {}}\n")
    assert errors(other), "`depth` has no default, so options are required"


def test_descriptions_are_the_models_own(schema):
    properties = schema["properties"]["config"]["properties"]
    assert "below the project's root" in properties["mlops-iac:code"]["description"]
    assert (
        schema["$defs"]["tabular-batch.Framework"]["properties"]["version"]["description"]
        == "Version of the framework."
    )
