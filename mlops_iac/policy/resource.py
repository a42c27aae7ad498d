"""What policies look at: resources as a program asks for them, and the environment around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.engine.event import Op, Step
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.engine.values.value import UNKNOWN

STACK = "pulumi:pulumi:Stack"
EVERY = "*"

_GONE = (Op.DELETE, Op.DELETE_REPLACED, Op.DISCARD, Op.DISCARD_REPLACED)


@dataclass(kw_only=True)
class Resource:
    """One resource. Its methods note what is not known before it is made, so that nobody takes that for an answer."""

    type: str
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    urn: str = ""
    parent: str = ""
    """URN of the component it belongs to."""
    protect: bool = False
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What a state holds of it; empty in a preview."""
    links: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Input to the URNs of the resources that its value is made of."""
    unknown: list[str] = field(default_factory=list, compare=False)
    """Inputs that somebody asked for and that are not known yet."""

    def __post_init__(self) -> None:
        self.urn = self.urn or urns.make("a-dev", "a", self.type, self.name)

    def get(self, path: str, default: Any = None) -> Any:
        """A value by its dotted path; the default when it is not there, or not known: see `is_unknown`."""
        value: Any = self.inputs
        for part in path.split("."):
            if isinstance(value, list):
                value = value[0] if value else None
            value = value.get(part) if isinstance(value, Mapping) else None if value != UNKNOWN_TEXT else value
            if value == UNKNOWN_TEXT:
                self.unknown.append(path)
                return default
        return default if value is None else value

    def has(self, path: str) -> bool:
        """Whether something is said there, known or not."""
        known = len(self.unknown)
        found = self.get(path) not in (None, "", [], {}) or len(self.unknown) > known
        del self.unknown[known:]
        return found

    def differs(self, path: str, wanted: Any, *, default: Any = None) -> bool:
        """Whether a value is known to be another one. ``default`` is what AWS takes when nothing is said."""
        known = len(self.unknown)
        value = self.get(path, default)
        return len(self.unknown) == known and value != wanted

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """A list of mappings, or the one mapping that is there; none when it is not known."""
        value = self.get(path, [])
        rows = value if isinstance(value, list) else [value]
        return [row for row in rows if isinstance(row, Mapping)]

    def document(self, path: str) -> Any:
        """An input that is JSON, read; None when it is not there, not known, or no JSON."""
        value = self.get(path)
        if not isinstance(value, str):
            return value if isinstance(value, Mapping) else None
        try:
            return read_json(value)
        except NotStrictJson:
            return None


@dataclass(kw_only=True)
class World:
    """An environment, as policies see it."""

    resources: Sequence[Resource]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The stack's outputs, so far as they are known."""
    stack: str = ""
    profile: str = "standard"
    protects: bool = False
    """Whether the environment refuses to lose data."""

    def of(self, *types: str) -> list[Resource]:
        """Resources of these types; ``*`` are all of any provider's."""
        if EVERY in types:
            return [one for one in self.resources if not one.type.startswith(("pulumi:", "mlops-iac:"))]
        return [resource for type in types for resource in self._by_type.get(type, ())]

    def beside(self, resource: Resource, type: str, property: str) -> list[Resource]:
        """Resources of a type whose input speaks of this one: ``beside(bucket, VERSIONING, "bucket")``.

        Told by the dependency that Pulumi records, or by the name; where neither is known yet, by the component that
        both belong to, or by there being no other that it could mean.
        """
        return [one for one in self.of(type) if self._speaks_of(one, property, resource)]

    def _speaks_of(self, one: Resource, property: str, resource: Resource) -> bool:
        links = one.links.get(property, ())
        if resource.urn in links:
            return True
        value = one.inputs.get(property)
        if value != UNKNOWN_TEXT:
            return isinstance(value, str) and value in _names(resource, property)
        # Events of Pulumi's CLI have no links: then it may be any, if none stands nearer.
        parents = {other.parent for other in self.of(resource.type)}
        return not links and (one.parent == resource.parent or one.parent not in parents)

    @cached_property
    def _by_type(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.type, []).append(resource)
        return found


def _names(resource: Resource, property: str) -> set[str]:
    """What others may call a resource."""
    known = (resource.id, *(resource.inputs.get(key) for key in (property, "name")))
    made = (resource.outputs.get(key) for key in ("arn", "id", "name"))
    return {one for one in (*known, *made) if isinstance(one, str) and one not in ("", UNKNOWN_TEXT)}


def hide(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the engine with what is not known as text, as a checkpoint has it."""
    return {key: _hidden(value) for key, value in inputs.items()}


def _hidden(value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return hide(value)
    return [_hidden(item) for item in value] if isinstance(value, list | tuple) else value


def resources_of(steps: Iterable[Step]) -> list[Resource]:
    """What is there after these steps of a preview or an update."""
    return [resource for step in steps if step.op not in _GONE and step.new for resource in _of_state(step.new)]


def resources_of_state(deployment: Mapping[str, Any]) -> list[Resource]:
    """What a ``pulumi stack export`` holds."""
    return [resource for record in deployment.get("resources") or () for resource in _of_state(record)]


def _name_of(urn: str) -> str:
    """The logical name; the whole text of what is no URN, as a damaged state may hold."""
    try:
        return urns.parse(urn).name
    except ValueError:
        return urn


def _of_state(record: Mapping[str, Any]) -> Iterator[Resource]:
    """A resource in the form of Pulumi's checkpoint; one that is to be deleted is none."""
    if record.get("delete"):
        return
    urn = str(record["urn"])
    yield Resource(
        type=str(record.get("type", "")),
        name=_name_of(urn),
        inputs=record.get("inputs") or {},
        urn=urn,
        parent=str(record.get("parent") or ""),
        protect=bool(record.get("protect")),
        id=str(record.get("id") or ""),
        outputs=record.get("outputs") or {},
        links=record.get("propertyDependencies") or {},
    )
