"""What every policy promises: examples that it judges as they say, words that help, and calm before unknown values."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.policy.folder import contradictions
from mlops_iac.policy.policy import PROFILES, Example, Policy

SOURCE = re.compile(
    r"Security Hub [A-Za-z0-9]+\.\d+"
    r"|CIS AWS Foundations \d+\.\d+\.\d+ \d+(\.\d+)+"
    r"|ML Lens 20\d\d ML[A-Z]+-\d\d"
    r"|https://\S+"
)
"""A control of Security Hub, of CIS's benchmark or of AWS's lens for machine learning, or a page that says so."""


@dataclass(frozen=True, kw_only=True)
class PolicyCase:
    """A policy to be held to the laws."""

    kind: type[Policy]

    def found(self, example: Example) -> list[str]:
        policy = self.kind()
        parameters = {**policy.parameters, **example.parameters}
        return [one.detail for one in policy.check(example.resources[0], example.world, parameters)]

    @property
    def examples(self) -> tuple[Example, ...]:
        return (*self.kind.breaks, *self.kind.keeps)


Law = Callable[[PolicyCase], None]


def its_examples_are_judged_as_they_say(case: PolicyCase) -> None:
    assert list(contradictions(case.kind())) == []


def its_examples_are_of_what_it_looks_at(case: PolicyCase) -> None:
    assert [one for one in case.examples if one.resources[0] not in one.world.of(*case.kind.types)] == []
    assert {one.profile for one in case.examples} <= set(PROFILES)


def it_names_whose_advice_it_is(case: PolicyCase) -> None:
    assert case.kind.sources
    assert [source for source in case.kind.sources if not SOURCE.fullmatch(source)] == []


def its_words_help(case: PolicyCase) -> None:
    kind = case.kind
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", kind.name), "a name is small words with hyphens"
    for words in (kind.wants, kind.why):
        assert words[0].isupper(), words
        assert words.endswith("."), words
    assert kind.remedy[0].islower(), "a remedy is a hint: an action"
    assert kind.remedy.endswith("."), kind.remedy
    details = [detail for example in kind.breaks for detail in case.found(example)]
    assert [detail for detail in details if not detail.endswith(".")] == []


def its_parameters_are_explained(case: PolicyCase) -> None:
    assert set(case.kind.parameters) == set(case.kind.about_parameters)
    assert all(text.endswith(".") for text in case.kind.about_parameters.values())
    assert set(case.kind.by_profile) <= set(PROFILES)


def it_keeps_calm_where_nothing_is_known(case: PolicyCase) -> None:
    """In a first preview most values come from what does not exist yet."""
    for example in case.examples:
        first = example.resources[0]
        unknown = replace(first, inputs=dict.fromkeys(first.inputs, UNKNOWN_TEXT), unknown=[])
        case.found(replace(example, resources=[unknown, *example.resources[1:]]))
        around = [replace(one, inputs=dict.fromkeys(one.inputs, UNKNOWN_TEXT)) for one in example.resources[1:]]
        case.found(replace(example, resources=[first, *around]))


def it_keeps_calm_where_values_are_odd(case: PolicyCase) -> None:
    """A state may hold anything: a text where a list was meant, or nothing."""
    for odd in (None, "", "text", 0, [], ["text"], {}, {"key": None}, "{", "[]", '"text"', '{"Statement": "text"}'):
        for example in case.examples:
            first = example.resources[0]
            strange = replace(first, inputs=dict.fromkeys(first.inputs, odd), unknown=[])
            case.found(replace(example, resources=[strange, *example.resources[1:]]))


def it_changes_nothing(case: PolicyCase) -> None:
    for example in case.examples:
        before = copy.deepcopy([(one.inputs, one.links) for one in example.resources])
        assert case.found(example) == case.found(example)
        assert before == [(one.inputs, one.links) for one in example.resources]
