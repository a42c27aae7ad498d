"""The schema that stack files point editors to."""

from __future__ import annotations

import json

from mlops_iac.scaffold import new_stack, write_schema

from .conftest import BLUEPRINTS


def test_the_first_line_of_a_stack_file_leads_to_the_schema(root, answers):
    stack = new_stack(root, answers, BLUEPRINTS)
    schema = write_schema(root, BLUEPRINTS)
    relative = stack.read_text().splitlines()[0].split("$schema=")[1]
    assert (stack.parent / relative).resolve() == schema.resolve()
    assert "tabular-batch" in json.loads(schema.read_text())["$defs"]


def test_writing_it_again_replaces_it_and_leaves_nothing_else(root):
    write_schema(root, BLUEPRINTS).write_text("old")
    path = write_schema(root, BLUEPRINTS)
    assert json.loads(path.read_text())["title"]
    assert [entry.name for entry in path.parent.iterdir()] == ["stack.schema.json"]
    assert path.parent.stat().st_mode & 0o777 == 0o700
