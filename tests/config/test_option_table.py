"""A model of options as a table: what `blueprint show` prints."""

from __future__ import annotations

import json

from pydantic import Field

from mlops_iac.config.option_table import option_table
from mlops_iac.config.section import Section

from .conftest import Options, Pool


def rows(model):
    return {row.path: row for row in option_table(model)}


def test_nested_sections_are_flattened_with_their_defaults():
    row = rows(Options)["framework.version"]
    assert (row.default, row.description, row.required) == ("1.4-2", "Version of the framework.", False)


def test_the_default_of_a_section_as_a_whole_wins():
    assert rows(Options)["gate.metric"].default == "auc"
    assert rows(Options)["framework.name"].allowed == "sklearn, xgboost"


def test_a_union_shows_its_choice_and_the_settings_of_each_kind():
    table = rows(Options)
    assert (table["compute.kind"].default, table["compute.kind"].allowed) == ("cpu", "gpu, cpu")
    assert table["compute(cpu).cores"].default == 2
    assert table["compute(gpu).instance_type"].required
    assert table["compute(gpu).max_nodes"].allowed == "1 to 64"


def test_an_alias_is_what_is_written():
    assert "files" in rows(Options)
    assert "scripts" not in rows(Options)


def test_what_has_no_default_is_required():
    class Model(Section):
        must: int = Field(description="Say it.", ge=1)
        pool: Pool

    table = rows(Model)
    assert table["must"].to_json() == {
        "path": "must",
        "description": "Say it.",
        "required": True,
        "allowed": "1 or more",
    }
    assert table["pool.kind"].required
    assert not table["pool.kind"].has_default


def test_every_row_is_plain_json():
    assert json.loads(json.dumps([row.to_json() for row in option_table(Options)]))
