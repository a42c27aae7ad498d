"""From pydantic's complaints to ours: the line in the file, the value given, the values allowed, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from mlops_iac.config.document import Document, Path
from mlops_iac.config.models import Spot, locate
from mlops_iac.config.project import shorten
from mlops_iac.config.section import HIDDEN
from mlops_iac.core.errors import Problem
from mlops_iac.core.suggestions import did_you_mean, nearest

Words = tuple[str, str, str]
"""Summary, detail, hint."""

_SECTIONS = {"model_type", "model_attributes_type", "dict_type", "dataclass_type", "mapping_type"}
_LISTS = {"list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"}
_RANGES = {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of", "finite_number"}
_TEXT_LENGTHS = {"string_too_short", "string_too_long"}
_LIST_LENGTHS = {"too_short", "too_long"}


REVOKE = (
    "keep the secret in AWS Secrets Manager and write its name here; one that was written here is known: revoke it."
)

UNKNOWN_KEY = "This key is not known here."

MAX_PROBLEMS = 100
"""How many problems one file may be told at once; nobody reads more."""


def within_limit(problems: Iterable[Problem]) -> list[Problem]:
    """The first problems, by place, and how many more there are; every word of them safe to print."""
    ordered = sorted({_printable(problem) for problem in problems})
    shown, more = ordered[:MAX_PROBLEMS], ordered[MAX_PROBLEMS:]
    if more:
        last = shown[-1]
        shown.append(Problem(file=last.file, line=last.line, path="~", summary=f"And {len(more)} problems or more."))
    return shown


def _printable(problem: Problem) -> Problem:
    """A model's own words may repeat a value; what a terminal would obey is replaced."""
    told: dict[str, Any] = {
        key: "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in getattr(problem, key))
        for key in ("path", "summary", "detail", "hint", "source")
    }
    return replace(problem, **told)


def problems_of(
    error: ValidationError, model: type[BaseModel], value: Any, document: Document, at: Callable[[Path], Path]
) -> list[Problem]:
    """Every problem of a validation, each place once. `at` turns a path in the model's value into one in the file."""
    found: dict[Path, list[tuple[Spot, Words]]] = {}
    values: dict[Path, Any] = {}
    for complaint in error.errors(include_url=False)[: MAX_PROBLEMS + 1]:
        spot = locate(model, complaint["loc"], value)
        values[spot.path] = complaint["input"]
        found.setdefault(spot.path, []).append((spot, _words(complaint, spot, document.written(at(spot.path)))))

    problems = []
    for path, told in found.items():
        place = at(path)
        for summary, detail, hint in _join_members(told, values[path]):
            problems.append(document.problem(place, summary, detail, hint))
    return problems


def _join_members(told: list[tuple[Spot, Words]], value: Any) -> list[Words]:
    """What each member of a union complains about one value, as one complaint."""
    members = [words for spot, words in told if spot.is_member]
    if len(members) < 2:
        return [words for _, words in told]
    types = [summary.removeprefix("This must be ").rstrip(".") for summary, *_ in members]
    if all(summary.startswith("This must be ") for summary, *_ in members):
        detail = f"{_given(value, None)}. It may be: {'; '.join(types)}."
    else:
        detail = "\n".join(f"{summary} {detail}" for summary, detail, _ in members)
    hint = next((hint for _, _, hint in members if hint), "")
    return [words for spot, words in told if not spot.is_member] + [
        ("This value has none of the forms it may have.", detail, hint)
    ]


def _words(complaint: Any, spot: Spot, written: str | None) -> Words:
    is_key = complaint["loc"][-1:] == ("[key]",)
    kind = complaint["type"]
    if kind == HIDDEN:
        return "This is no place for such a value.", f"{complaint['msg']}.", REVOKE
    given = f"Key given: {shorten(str(complaint['input']))}" if is_key else _given(complaint["input"], written)
    context = complaint.get("ctx", {})
    allowed = f"Values allowed: {spot.allowed}." if spot.allowed else ""
    if kind == "missing":
        return "This key is missing.", spot.description, f"add it{f': {spot.allowed}' if spot.allowed else ''}."
    if kind == "extra_forbidden":
        return UNKNOWN_KEY, "", did_you_mean(str(spot.path[-1]), spot.known)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _tag_words(context, spot, complaint["input"])
    if kind in ("literal_error", "enum"):
        words = _quoted(context.get("expected", ""))
        match = nearest(str(complaint["input"]), words) if isinstance(complaint["input"], str) else None
        detail = f"{given}. Values allowed: {spot.allowed or ', '.join(words)}."
        return "This value is not one of the choices.", detail, f"did you mean `{match}`?" if match else ""
    if kind == "string_type" and isinstance(complaint["input"], bool | int | float):
        return _unquoted_words(complaint["input"], given, written)
    if kind in _RANGES or kind in _TEXT_LENGTHS or kind in _LIST_LENGTHS:
        return "Value out of range.", " ".join(filter(None, (f"{given}.", allowed or complaint["msg"] + "."))), ""
    if kind == "string_pattern_mismatch":
        return "This text has the wrong form.", f"{given}. It must match `{context['pattern']}`.", spot.description
    if kind in ("value_error", "assertion_error"):
        return "This value is not allowed.", _sentences(complaint["input"], given, str(context["error"])), ""
    return _type_words(kind, complaint, spot, given)


def _sentences(value: Any, given: str, rule: str) -> str:
    """A rule of the model's own, after the value when that can be shown."""
    rule = rule[:1].upper() + rule[1:] + ("" if rule.endswith((".", "?", "!")) else ".")
    return rule if isinstance(value, dict | list) else f"{given}. {rule}"


def _tag_words(context: Any, spot: Spot, value: Any) -> Words:
    key = str(context.get("discriminator", "")).strip("'")
    choices = spot.tags or tuple(_quoted(context.get("expected_tags", "")))
    allowed = f"Values allowed: {', '.join(choices)}."
    if spot.path and spot.path[-1] == key:
        given = context.get("tag", "")
        return (
            "This value is not one of the choices.",
            f"Value given: {shorten(given)}. {allowed}",
            did_you_mean(given, choices),
        )
    what = (
        f"It has no `{key}`."
        if isinstance(value, dict)
        else f"{_given(value, None)}; it must be a mapping with `{key}`."
    )
    return (
        f"`{key}` is missing." if key else "This has the wrong form.",
        f"{what} {allowed}",
        f"add `{key}: {choices[0]}`." if key and choices else "",
    )


def _unquoted_words(value: Any, given: str, written: str | None) -> Words:
    what = "true or false" if isinstance(value, bool) else "a number"
    text = written if written is not None else str(value)
    return "This must be text.", f"{given}, which YAML reads as {what}.", f'put it in quotes: "{shorten(text)}".'


_TYPES = (
    {
        "string_type": "text",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "int_parsing": "a whole number",
        "float_type": "a number",
        "float_parsing": "a number",
        "decimal_type": "a number",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "none_required": "empty",
    }
    | dict.fromkeys(_SECTIONS, "a mapping")
    | dict.fromkeys(_LISTS, "a list")
)


def _type_words(kind: str, complaint: Any, spot: Spot, given: str) -> Words:
    expected = _TYPES.get(kind)
    allowed = f" Values allowed: {spot.allowed}." if spot.allowed else ""
    if expected is None:
        return "This value is not allowed.", f"{given}. {complaint['msg']}.{allowed}", ""
    hint = ""
    if expected == "true or false" and str(complaint["input"]).lower() in ("yes", "on", "y", "1", "true"):
        hint = "write true."
    elif expected == "true or false" and str(complaint["input"]).lower() in ("no", "off", "n", "0", "false"):
        hint = "write false."
    elif expected.endswith("number") and isinstance(complaint["input"], str):
        hint = "write it without quotes." if _is_number(complaint["input"]) else ""
    return f"This must be {expected}.", f"{given}.{allowed}", hint


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _given(value: Any, written: str | None) -> str:
    if isinstance(value, dict):
        return "Value given: a mapping"
    if isinstance(value, list):
        return "Value given: a list"
    if value is None:
        return "Value given: nothing"
    text = written if written is not None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"Value given: {shorten(text)}" if text else "Value given: empty text"


def _quoted(expected: str) -> list[str]:
    """The words in pydantic's `'a', 'b' or 'c'`."""
    return expected.split("'")[1::2]
