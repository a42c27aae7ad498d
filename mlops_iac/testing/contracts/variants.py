"""Every way to answer a blueprint's questions that could change what it builds, found from its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

WORDS = ("a", "sample", "raw/", "a.py", "ml.m5.large", "m5", "int", "a@example.org", "Sample", "1.0", "10.0.0.0/16")
"""Text to try where a schema asks for a pattern."""


OWN_LAWS = "x-own-laws"
"""Of a question whose answers have laws of their own: its examples stand for all of them."""
BESIDE = "x-beside"
"""Of a question that can be answered only beside several others of its section: answers to these."""


class Variants:
    """The options of one blueprint, one question changed at a time."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._schema = model.model_json_schema(by_alias=True)

    def valid(self) -> dict[str, dict[str, Any]]:
        """Name to options, for all that the blueprint takes: ``serving=realtime``. What it takes only beside another
        answer comes with that one."""
        asked = self.all()
        alone = {name: options for name, options in asked.items() if self.takes(options)}
        both = {
            name: alone[name] if name in alone else self._beside(options, alone.values(), asked.values())
            for name, options in asked.items()
        }
        return {name: options for name, options in both.items() if options is not None}

    def _beside(
        self, options: dict[str, Any], alone: Iterable[dict[str, Any]], asked: Iterable[dict[str, Any]]
    ) -> dict[str, Any] | None:
        """Options with the first answer to another question that makes them valid, or with that and one to a question
        of the same section; None when none does."""
        near = [merge(one, options) for one in asked if one.keys() == options.keys() and _apart(one, options)]
        pairs = (merge(other, one) for one in (options, *near) for other in alone if _apart(other, one))
        return next((pair for pair in pairs if self.takes(pair)), None)

    def all(self) -> dict[str, dict[str, Any]]:
        """Those that the blueprint's own rules refuse included."""
        found: dict[str, dict[str, Any]] = {"defaults": {}}
        for path, options in self._alternatives(self._schema):
            name = f"{path}={_short(options)}"
            alike = sum(other.partition("#")[0] == name and found[other] != options for other in found)
            found[f"{name}#{alike + 1}" if alike else name] = options
        return found

    def changed(self, base: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """Every question, down to the last number and word, answered otherwise than in some options that are valid:
        path to options with other answers, likeliest first. Questions that the options do not reach are left out."""
        found = {}
        whole = self.whole(base)
        for path, value in _leaves(whole):
            others = [_put(whole, path, other) for other in _others(value, self._word_of(path)) if other != value]
            found[".".join(path)] = [options for options in others if self.takes(options)]
        return found

    def whole(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options that are valid, with every default written out."""
        return self._model.model_validate_json(json.dumps(options), strict=True).model_dump(mode="json", by_alias=True)

    def _word_of(self, path: tuple[str, ...]) -> list[Any]:
        """Answers that the schema lists for a question, or has as examples."""
        schema: Mapping[str, Any] = self._schema
        for step in path:
            schema = self._resolve(schema)
            choices = [self._resolve(choice) for choice in schema.get("anyOf") or schema.get("oneOf") or (schema,)]
            inside = [c["properties"][step] for c in choices if step in c.get("properties", {})]
            schema = next(iter(inside or filter(None, map(_named, choices))), {})
        schema = self._resolve(schema)
        return [*schema.get("enum", ()), *schema.get("examples", ())]

    def takes(self, options: Mapping[str, Any]) -> bool:
        try:
            self._model.model_validate_json(json.dumps(options), strict=True)
        except ValidationError:
            return False
        return True

    def everything(self) -> dict[str, Any]:
        """All that can be asked for at once: of each question the last answer that the others allow."""
        merged: dict[str, Any] = {}
        for options in self.valid().values():
            attempt = merge(merged, options)
            merged = attempt if self.takes(attempt) else merged
        return merged

    def _alternatives(self, schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
        schema = self._resolve(schema)
        if schema.get(OWN_LAWS):
            yield from ((path, example) for example in schema["examples"])
            return
        if schema.get("examples") and not self._takes_words(schema):
            yield path, schema["examples"][0]
        if "enum" in schema and all(isinstance(value, str) for value in schema["enum"]):
            yield from ((path, value) for value in schema["enum"])
        elif schema.get("type") == "boolean":
            yield from ((path, value) for value in (False, True))
        elif "anyOf" in schema or "oneOf" in schema:
            for choice in schema.get("anyOf") or schema["oneOf"]:
                yield path, self._sample(choice)
                yield from self._alternatives(choice, path)
        elif schema.get("type") == "array":
            yield path, [self._sample(schema["items"])]
            yield from ((inner, [value]) for inner, value in self._alternatives(schema["items"], f"{path}[]"))
        elif "properties" in schema:
            required = {name: self._sample(schema["properties"][name]) for name in schema.get("required", ())}
            for name, inside in schema["properties"].items():
                others = {**required, **inside.get(BESIDE, {})}
                for inner, value in self._alternatives(inside, f"{path}.{name}" if path else name):
                    yield inner, {**others, name: value}
        elif _named(schema):
            key, inside = self._key(schema), _named(schema)
            yield path, {key: self._sample(inside)}
            for inner, value in self._alternatives(inside, f"{path}.{key}"):
                yield inner, {key: value}

    @staticmethod
    def _takes_words(schema: Mapping[str, Any]) -> bool:
        """Whether an example is a word among others, which `_word` chooses, or stands for the whole answer."""
        return schema.get("type") in ("string", "integer", "number")

    def _sample(self, schema: Mapping[str, Any]) -> Any:
        """The least that a schema takes."""
        schema = self._resolve(schema)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        if "enum" in schema:
            return schema["enum"][0]
        choices = [self._resolve(choice) for choice in schema.get("anyOf") or schema.get("oneOf") or ()]
        if choices:
            return self._sample(next(choice for choice in choices if choice.get("type") != "null"))
        kind = schema.get("type")
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        if kind == "object":
            if _named(schema):
                return {self._key(schema): self._sample(_named(schema))}
            return {name: self._sample(schema["properties"][name]) for name in schema.get("required", ())}
        if kind == "array":
            return [self._sample(schema["items"])]
        return {"boolean": False, "null": None}.get(str(kind), self._word(schema))

    def _key(self, schema: Mapping[str, Any]) -> str:
        pattern = next(iter(schema.get("patternProperties", ())), "")
        return self._word({"pattern": pattern, **schema.get("propertyNames", {})})

    @staticmethod
    def _word(schema: Mapping[str, Any]) -> str:
        pattern = schema.get("pattern", "")
        words = (*schema.get("examples", ()), *WORDS)
        return next((word for word in words if re.search(pattern, word)), words[0])

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            schema = {
                **self._schema["$defs"][name],
                **{k: v for k, v in schema.items() if k not in ("$ref", "default")},
            }
        return schema


def _named(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is under names of a person's own; empty where the names are the schema's."""
    inside = schema.get("additionalProperties")
    return inside if isinstance(inside, Mapping) else next(iter(schema.get("patternProperties", {}).values()), {})


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether they answer different questions, down to the last one."""
    return all(
        isinstance(one[key], dict) and isinstance(other[key], dict) and _apart(one[key], other[key])
        for key in one.keys() & other.keys()
    )


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    else:
        yield path, value


def _others(value: Any, listed: list[Any]) -> Iterator[Any]:
    """Answers near a given one."""
    yield from listed
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value * 2, value / 2, value - 1)
    elif isinstance(value, str) and value.startswith("ml."):
        yield from ("ml.m5.xlarge", "ml.m5.2xlarge")
    elif isinstance(value, str):
        yield from (f"other-{value}", f"other_{value}", f"{value}other/", f"{value}x", *WORDS, "1.2-1")
    elif isinstance(value, list):
        yield [*value, "c6i"]
    elif value is None:
        yield from (7, "other")
    else:
        yield {"C": "2"}


def _put(options: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    return {**options, path[0]: _put(options[path[0]], path[1:], value)}


def merge(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: merge(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
                for key in {**one, **other}}  # fmt: skip
    return other


def _short(options: Any) -> str:
    """The innermost value that was chosen."""
    while isinstance(options, dict) and len(options) == 1:
        (options,) = options.values()
    text = json.dumps(options)
    return text if len(text) < 40 else f"{text[:39]}…"
