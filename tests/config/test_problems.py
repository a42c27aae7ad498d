"""Each kind of mistake: summary, detail with the value given and the values allowed, a hint that is an action."""

from __future__ import annotations

import pytest

OPTIONS = "mlops-iac:options:\n  "


def case(name, text, path, summary, detail="", hint="", line=8):
    return pytest.param(text, path, summary, detail, hint, line, id=name)


CASES = [
    case(
        "a key that is nearly known",
        OPTIONS + "gate: {at_leest: 0.9}",
        "options.gate.at_leest",
        "This key is not known here.",
        hint="did you mean `at_least`?",
    ),
    case(
        "a key in a union member, by the member's own keys",
        OPTIONS + "compute: {kind: gpu, instance_type: x, max_node: 3}",
        "options.compute.max_node",
        "This key is not known here.",
        hint="did you mean `max_nodes`?",
    ),
    case(
        "a key that is written by its alias",
        OPTIONS + "fils: {}",
        "options.fils",
        "This key is not known here.",
        hint="did you mean `files`?",
    ),
    case(
        "a number out of range",
        OPTIONS + "compute: {kind: gpu, instance_type: x, max_nodes: 900}",
        "options.compute.max_nodes",
        "Value out of range.",
        "Value given: 900. Values allowed: 1 to 64.",
    ),
    case(
        "a number that must be more",
        OPTIONS + "compute: {kind: cpu, cores: 0}",
        "options.compute.cores",
        "Value out of range.",
        "Value given: 0. Values allowed: more than 0.",
    ),
    case(
        "a number in quotes",
        OPTIONS + 'gate: {at_least: "0.9"}',
        "options.gate.at_least",
        "This must be a number.",
        "Value given: 0.9. Values allowed: 0 to 1.",
        "write it without quotes.",
    ),
    case(
        "a word for a number",
        OPTIONS + "gate: {at_most: low}",
        "options.gate.at_most",
        "This must be a number.",
        "Value given: low.",
    ),
    case(
        "a fraction for a whole number",
        OPTIONS + "compute: {kind: cpu, cores: 1.5}",
        "options.compute.cores",
        "This must be a whole number.",
        "Value given: 1.5. Values allowed: more than 0.",
    ),
    case(
        "a version that YAML reads as a number keeps its zero in the hint",
        OPTIONS + "framework: {name: sklearn, version: 1.10}",
        "options.framework.version",
        "This must be text.",
        "Value given: 1.10, which YAML reads as a number.",
        'put it in quotes: "1.10".',
    ),
    case(
        "a truth value for text",
        OPTIONS + "gate: {metric: true}",
        "options.gate.metric",
        "This must be text.",
        "Value given: true, which YAML reads as true or false.",
        'put it in quotes: "true".',
    ),
    case(
        "nothing for text",
        OPTIONS + "gate: {metric: }",
        "options.gate.metric",
        "This must be text.",
        "Value given: nothing.",
    ),
    case(
        "yes for true",
        OPTIONS + "public: yes",
        "options.public",
        "This must be true or false.",
        "Value given: yes. Values allowed: true or false.",
        "write true.",
    ),
    case(
        "zero for false",
        OPTIONS + "public: 0",
        "options.public",
        "This must be true or false.",
        "Value given: 0. Values allowed: true or false.",
        "write false.",
    ),
    case(
        "a choice that is nearly one",
        OPTIONS + 'framework: {name: sklern, version: "1"}',
        "options.framework.name",
        "This value is not one of the choices.",
        "Value given: sklern. Values allowed: sklearn, xgboost.",
        "did you mean `sklearn`?",
    ),
    case(
        "a union's tag that is nearly one",
        OPTIONS + "compute: {kind: gpuu}",
        "options.compute.kind",
        "This value is not one of the choices.",
        "Value given: gpuu. Values allowed: gpu, cpu.",
        "did you mean `gpu`?",
    ),
    case(
        "a union without its tag",
        OPTIONS + "compute: {cores: 3}",
        "options.compute",
        "`kind` is missing.",
        "It has no `kind`. Values allowed: gpu, cpu.",
        "add `kind: gpu`.",
    ),
    case(
        "a word where a union's mapping belongs",
        OPTIONS + "compute: gpu",
        "options.compute",
        "This must be a mapping.",
        "Value given: gpu.",
    ),
    case(
        "a missing key stands at its section's line",
        OPTIONS + "framework: {name: sklearn}",
        "options.framework.version",
        "This key is missing.",
        "Version of the framework.",
        "add it.",
    ),
    case(
        "a list for a mapping",
        OPTIONS + "gate: [1, 2]",
        "options.gate",
        "This must be a mapping.",
        "Value given: a list.",
    ),
    case(
        "a mapping for a list",
        OPTIONS + "pools: {kind: cpu}",
        "options.pools",
        "This must be a list.",
        "Value given: a mapping. Values allowed: up to 3 entries.",
    ),
    case(
        "the third entry of a list, through a union, at its own line",
        OPTIONS + "pools:\n    - kind: cpu\n    - kind: cpu\n    - kind: gpu\n      max_nodes: none",
        "options.pools.2.instance_type",
        "This key is missing.",
        "",
        "add it.",
        line=11,
    ),
    case(
        "too many entries",
        OPTIONS + "pools: [{kind: cpu}, {kind: cpu}, {kind: cpu}, {kind: cpu}]",
        "options.pools",
        "Value out of range.",
        "Value given: a list. Values allowed: up to 3 entries.",
    ),
    case(
        "a key of a free mapping that has the wrong form",
        OPTIONS + "hyperparameters: {lower: 1}",
        "options.hyperparameters.lower",
        "This text has the wrong form.",
        "Key given: lower. It must match `^[A-Z]+$`.",
    ),
    case(
        "a value of a free mapping that has none of its forms",
        OPTIONS + "hyperparameters: {C: [1]}",
        "options.hyperparameters.C",
        "This value has none of the forms it may have.",
        "Value given: a list. It may be: text; a whole number; a number; true or false.",
    ),
    case(
        "a word that is none of a union's forms",
        OPTIONS + "limit: many",
        "options.limit",
        "This value has none of the forms it may have.",
        "This must be a whole number. Value given: many.\n"
        "This value is not one of the choices. Value given: many. Values allowed: none.",
    ),
    case(
        "a section under a name with a dot",
        OPTIONS + 'teams: {"a.b": {metrc: x}}',
        "options.teams.a.b.metrc",
        "This key is not known here.",
        hint="did you mean `metric`?",
    ),
    case(
        "a rule of the model as a whole",
        OPTIONS + "gate: {at_least: 0.1, at_most: 0.2}",
        "options.gate",
        "This value is not allowed.",
        "Say `at_least` or `at_most`, not both.",
    ),
    case(
        "options that are a list",
        "mlops-iac:options: []",
        "options",
        "This must be a mapping.",
        "Value given: a list.",
        line=7,
    ),
]


@pytest.mark.parametrize(("text", "path", "summary", "detail", "hint", "line"), CASES)
def test_a_wrong_option_is_told_in_three_parts(problems, text, path, summary, detail, hint, line):
    found = next(p for p in problems(text) if p.path == path)
    assert (found.summary, found.detail, found.hint, found.line) == (summary, detail, hint, line)
    key = path.rpartition(".")[2]
    if f"{key}:" in text.splitlines()[line - 7]:
        assert found.source.endswith(key), "the line with the key is shown"


def test_a_value_that_is_long_or_has_control_characters_is_shortened_in_the_error(problem):
    found = problem('mlops-iac:security: "' + "\\e[31m" + "x" * 500 + '"')
    assert "\x1b" not in str(found)
    assert len(found.detail) < 200
